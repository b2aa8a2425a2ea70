#include "tern/kernels/prepare_images/prepare_images.hpp"

#include "tern/kernels/prepare_images/mixing.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"
#include "tern/kernels/shared/checks.hpp"
#include "tern/kernels/shared/index.hpp"

namespace tern {
using namespace prepare_images_passes;

namespace {

const char* const kWhere = "prepare_images";
constexpr std::int64_t kMostPadding = 1 << 15;  // coordinates fit into 32 bits with room to spare
constexpr std::int64_t kLongestSide = 1 << 29;  // the same, of those that are turned in units of 2^-31

void check_type(DType dtype) {
    TERN_CHECK(is_floating(dtype), kWhere, "the result must be of a floating-point type, not ", dtype);
}

// All of a tensor on the CPU is in [0, count); reading it back would stall a device.
template <class T>
void check_range(const char* what, const Tensor& numbers, std::int64_t count) {
    for (const T number : numbers.elements<T>())
        TERN_CHECK(number >= 0 && number < count, kWhere, what, ' ', number, " is not in [0, ", count, ")");
}

void check_samples(const Tensor& source, const Tensor& samples, std::int64_t count) {
    TERN_CHECK(samples.rank() == 1 && (samples.dtype() == DType::int32 || samples.dtype() == DType::int64),
               kWhere, "the samples must be (N) int32 or int64, got ", samples);
    TERN_CHECK(source.device() == samples.device(), kWhere, "data on ", source.device(), ", samples on ",
               samples.device());
    if (!samples.device().is_cpu()) return;
    visit_index(samples, [&]<class Index>() { check_range<Index>("sample", samples, count); });
}

void check_partners(const Tensor& source, const Tensor& partners, std::int64_t count) {
    if (!partners.defined()) return;
    TERN_CHECK(partners.rank() == 1 && partners.dtype() == DType::int32 && partners.numel() > 0, kWhere,
               "the partners must be (P) int32, at least one, got ", partners);
    TERN_CHECK(source.device() == partners.device(), kWhere, "data on ", source.device(), ", partners on ",
               partners.device());
    if (partners.device().is_cpu()) check_range<std::int32_t>("partner", partners, count);
}

void check_gathered(const Tensor& images, const Tensor& samples, const PrepareImagesParams& params) {
    if (params.set_size == 0) return;
    TERN_CHECK(params.set_size > 0, kWhere, "the size of the set must be at least 0, got ", params.set_size);
    const std::int64_t rows = (params.mixes() ? 2 : 1) * samples.numel();
    TERN_CHECK(images.dim(0) == rows, kWhere, samples.numel(), " samples of a set of ", params.set_size,
               " need ", rows, " gathered images, got ", images.dim(0));
}

void check_factor(const char* name, const Tensor& factor, const Tensor& images) {
    const bool right_type = factor.dtype() == DType::float32 || factor.dtype() == DType::float64;
    TERN_CHECK(right_type && factor.shape() == Shape{images.dim(3)}, kWhere, name, " is ", factor,
               ", expected float32 or float64 ", Shape{images.dim(3)}, ", one number per channel of images ",
               images.shape());
    TERN_CHECK(factor.device() == images.device(), kWhere, "images on ", images.device(), ", ", name, " on ",
               factor.device());
}

void check_size(const char* what, std::int64_t wanted, std::int64_t stored) {
    TERN_CHECK(wanted >= 0 && wanted <= stored, kWhere, "the ", what,
               " of the result must be at most the images' ", stored, ", or 0 for the same, got ", wanted);
}

}  // namespace

void check_augmentation(std::string_view where, const PrepareImagesParams& params, std::int64_t channels) {
    TERN_CHECK(params.crop_padding >= 0 && params.crop_padding < kMostPadding, where,
               "the padding of crops must be in [0, ", kMostPadding, "), got ", params.crop_padding);
    TERN_CHECK(params.flip || !params.alternate, where, "only mirrors alternate, and flip is off");
    TERN_CHECK(params.cutout >= 0 && params.cutout < kMostPadding, where,
               "the side of cutout must be in [0, ", kMostPadding, "), got ", params.cutout);
    const auto check = [&](const char* name, double value, double most) {
        TERN_CHECK(value >= 0 && value <= most, where, name, " must be in [0, ", most, "], got ", value);
    };
    check("rotate", params.rotate, 180);
    check("sharpen", params.sharpen, 10);
    check("brightness", params.brightness, 1);
    check("contrast", params.contrast, 1);
    check("saturation", params.saturation, 1);
    check("hue", params.hue, 0.5);
    check("mixup", params.mixup, 100);
    check("cutmix", params.cutmix, 100);
    TERN_CHECK((params.saturation == 0 && params.hue == 0) || channels == 3, where,
               "saturation and hue are of images with 3 channels, got ", channels);
}

const Op& prepare_images_op() {
    static const Op op{"prepare_images",
                       {pass_of<Images, Partial<Cuda>, Cpu, Ref>(), pass_of<Targets, Partial<Cuda>, Ref>()}};
    return op;
}

Tensor prepare_images(const Tensor& images, const Tensor& samples, const Tensor& scale, const Tensor& shift,
                      DType dtype, const PrepareImagesParams& params, const Tensor& partners) {
    check_defined(kWhere, {{"images", images}, {"samples", samples}, {"scale", scale}, {"shift", shift}});
    TERN_CHECK(images.rank() == 4 && images.dtype() == DType::uint8, kWhere,
               "the images must be (R, H, W, C) uint8, got ", images);
    check_type(dtype);
    check_augmentation(kWhere, params, images.dim(3));
    TERN_CHECK(images.dim(1) < kLongestSide && images.dim(2) < kLongestSide, kWhere,
               "the sides of images must be below ", kLongestSide, ", got ", images);
    check_size("height", params.height, images.dim(1));
    check_size("width", params.width, images.dim(2));
    check_gathered(images, samples, params);
    const std::int64_t count = params.set_size > 0 ? params.set_size : images.dim(0);
    check_samples(images, samples, count);
    check_partners(images, partners, count);
    check_factor("scale", scale, images);
    check_factor("shift", shift, images);
    const Shape result{samples.dim(0), params.height > 0 ? params.height : images.dim(1),
                       params.width > 0 ? params.width : images.dim(2), images.dim(3)};
    const Tensor y = Tensor::empty(result, dtype, images.device());
    run_pass(Images{.params = params,
                    .images = images,
                    .samples = samples,
                    .scale = scale,
                    .shift = shift,
                    .partners = partners,
                    .y = y});
    return y;
}

Tensor mixed_samples(const Tensor& samples, std::int64_t count, const PrepareImagesParams& params,
                     const Tensor& partners) {
    check_defined(kWhere, {{"samples", samples}});
    TERN_CHECK(params.mixes(), kWhere, "nothing is mixed, so samples have no partners");
    check_augmentation(kWhere, params, 3);  // whose colours do not matter here
    check_samples(samples, samples, count);
    check_partners(samples, partners, count);
    const AugmentationPlan plan(params, {count, 1, 1, 1}, partners);
    const Tensor mixed = Tensor::empty({samples.dim(0)}, DType::int64);
    visit_index(samples, [&]<class Index>() {
        for (std::int64_t n = 0; n < samples.dim(0); ++n)
            mixed.data<std::int64_t>()[n] = Mix(plan, samples.data<Index>()[n]).partner;
    });
    return mixed;
}

Tensor mixed_targets(const Tensor& labels, const Tensor& samples, std::int64_t classes, std::int64_t height,
                     std::int64_t width, DType dtype, const PrepareImagesParams& params,
                     const Tensor& partners) {
    check_defined(kWhere, {{"labels", labels}, {"samples", samples}});
    TERN_CHECK(labels.rank() == 1 && labels.dtype() == DType::int32, kWhere, "labels must be (R) int32, got ",
               labels);
    check_type(dtype);
    check_augmentation(kWhere, params, 3);  // whose colours do not matter here
    check_samples(labels, samples, labels.dim(0));
    check_partners(labels, partners, labels.dim(0));
    if (labels.device().is_cpu()) check_range<std::int32_t>("label", labels, classes);
    const Tensor y = Tensor::empty({samples.dim(0), classes}, dtype, labels.device());
    const TargetsParams all{params, height, width};
    run_pass(Targets{.params = all, .labels = labels, .samples = samples, .partners = partners, .y = y});
    return y;
}

}  // namespace tern
