#include "tern/kernels/prepare_images/prepare_images.hpp"

#include "tern/kernels/prepare_images/prepare_images_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace prepare_images_passes;

namespace {

const char* const kWhere = "prepare_images";
constexpr std::int64_t kMostPadding = 1 << 15;  // coordinates fit into 32 bits with room to spare

void check_samples(const Tensor& source, const Tensor& samples) {
    TERN_CHECK(samples.rank() == 1 && (samples.dtype() == DType::int32 || samples.dtype() == DType::int64),
               kWhere, "the samples must be (N) int32 or int64, got ", samples);
    TERN_CHECK(source.device() == samples.device(), kWhere, "data on ", source.device(), ", samples on ",
               samples.device());
    if (!samples.device().is_cpu()) return;  // reading them back would stall the device
    const auto check = [&]<class T>(const T*) {
        for (const T sample : samples.elements<T>()) {
            TERN_CHECK(sample >= 0 && sample < source.dim(0), kWhere, "sample ", sample, " is not in [0, ",
                       source.dim(0), ")");
        }
    };
    samples.dtype() == DType::int32 ? check(static_cast<const std::int32_t*>(nullptr))
                                    : check(static_cast<const std::int64_t*>(nullptr));
}

void check_factor(const char* name, const Tensor& factor, const Tensor& images) {
    const bool right_type = factor.dtype() == DType::float32 || factor.dtype() == DType::float64;
    TERN_CHECK(right_type && factor.shape() == Shape{images.dim(3)}, kWhere, name, " is ", factor,
               ", expected float32 or float64 ", Shape{images.dim(3)}, ", one number per channel of images ",
               images.shape());
    TERN_CHECK(factor.device() == images.device(), kWhere, "images on ", images.device(), ", ", name, " on ",
               factor.device());
}

}  // namespace

const Op& prepare_images_op() {
    static const Op op{"prepare_images", {pass_of<Images, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Tensor prepare_images(const Tensor& images, const Tensor& samples, const Tensor& scale, const Tensor& shift,
                      DType dtype, const PrepareImagesParams& params) {
    check_defined(kWhere, {{"images", images}, {"samples", samples}, {"scale", scale}, {"shift", shift}});
    TERN_CHECK(images.rank() == 4 && images.dtype() == DType::uint8, kWhere,
               "the images must be (R, H, W, C) uint8, got ", images);
    TERN_CHECK(is_floating(dtype), kWhere, "the result must be of a floating-point type, not ", dtype);
    TERN_CHECK(params.crop_padding >= 0 && params.crop_padding < kMostPadding, kWhere,
               "the padding of crops must be in [0, ", kMostPadding, "), got ", params.crop_padding);
    check_samples(images, samples);
    check_factor("scale", scale, images);
    check_factor("shift", shift, images);
    const Tensor y = Tensor::empty(images.shape().with(0, samples.dim(0)), dtype, images.device());
    run_pass(Images{
        .params = params, .images = images, .samples = samples, .scale = scale, .shift = shift, .y = y});
    return y;
}

}  // namespace tern
