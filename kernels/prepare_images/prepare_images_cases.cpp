#include "tern/kernels/prepare_images/prepare_images.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::cases {
namespace {

using namespace prepare_images_passes;

TensorSpec sample_spec(std::int64_t batch, std::int64_t samples, DType dtype) {
    return {{batch}, 0, static_cast<double>(samples - 1), dtype};
}

TensorSpec partner_spec(std::int64_t count, std::int64_t samples) {
    TensorSpec spec = sample_spec(count, samples, DType::int32);
    spec.defined = count > 0;
    return spec;
}

// The largest number on the way to a pixel: after sharpening by (8 v - neighbours) / 13, times both factors, and where
// channels meet times the rows of the matrix, whose parts add up to 1, 1.43 and 1.86 at most.
double largest_value(const PrepareImagesParams& params) {
    double value = 255 * (1 + 8 * params.sharpen / 13) * (1 + params.brightness) * (1 + params.contrast);
    if (params.saturation > 0 || params.hue > 0) value *= 1 + (1.43 + 1.86) * (1 + params.saturation);
    return value + 127.5 * params.contrast;
}

// Times 0.01, plus up to 1. Roundings: 1 where bytes are scaled; colours: 5 of sharpening, 14 of an element of the
// matrix, 5 of its product; 4 of a mixture.
Bound images_bound(const PrepareImagesParams& params) {
    const double roundings = 1 + (params.colours() ? 24 : 0) + (params.mixes() ? 4 : 0);
    return Bound::relative(roundings, 0.01 * largest_value(params) + 1.45);
}

PassCase images_case(std::string name, const Shape& images, std::int64_t batch, DType sample_type,
                     const PrepareImagesParams& params = {}, bool benchmark = false,
                     std::int64_t partners = 0) {
    const TensorSpec scale{{images[3]}, -0.01, 0.01, DType::float32},
        shift{{images[3]}, -1, 1, DType::float32};
    const Shape result{batch, params.height > 0 ? params.height : images[1],
                       params.width > 0 ? params.width : images[2], images[3]};
    const std::int64_t set = params.set_size > 0 ? params.set_size : images[0];
    return case_of<Images>(std::move(name), params,
                           {.images = {images, 0, 255, DType::uint8},
                            .samples = sample_spec(batch, set, sample_type),
                            .scale = scale,
                            .shift = shift,
                            .partners = partner_spec(partners, set)},
                           {.y = {result}}, {.y = images_bound(params)}, {.benchmark = benchmark});
}

// The same of images that were gathered from a set of so many.
PassCase gathered_case(std::string name, const Shape& image, std::int64_t batch, DType sample_type,
                       PrepareImagesParams params, std::int64_t set_size, std::int64_t partners = 0) {
    params.set_size = set_size;
    return images_case(std::move(name), image.with(0, params.mixes() ? 2 * batch : batch), batch, sample_type,
                       params, false, partners);
}

PassCase targets_case(std::string name, std::int64_t count, std::int64_t batch, std::int64_t classes,
                      DType sample_type, const TargetsParams& params, std::int64_t partners = 0) {
    return case_of<Targets>(std::move(name), params,
                            {.labels = {{count}, 0, static_cast<double>(classes - 1), DType::int32},
                             .samples = sample_spec(batch, count, sample_type),
                             .partners = partner_spec(partners, count)},
                            {.y = {{batch, classes}}}, {.y = Bound::relative(3, 1)});
}

// What a run that aims at accuracy does, and what all there is does.
constexpr PrepareImagesParams kLight{
    .crop_padding = 4, .flip = true, .crop_border = CropBorder::reflect, .alternate = true, .cutout = 8};
constexpr PrepareImagesParams kHeavy{.crop_padding = 4,
                                     .flip = true,
                                     .crop_border = CropBorder::edge,
                                     .rotate = 15,
                                     .cutout = 8,
                                     .sharpen = 1.2,
                                     .brightness = 0.1,
                                     .contrast = 0.1,
                                     .saturation = 0.5,
                                     .hue = 0.05,
                                     .mixup = 0.5,
                                     .cutmix = 1};

std::vector<PassCase> augmented_cases() {
    std::vector<PassCase> result;
    const auto add = [&](const char* name, const Shape& images, PrepareImagesParams params) {
        params.seed = result.size();
        params.epoch = static_cast<std::uint32_t>(result.size());
        result.push_back(
            images_case(name, images, 7, result.size() % 2 == 0 ? DType::int32 : DType::int64, params));
    };
    for (const CropBorder border : {CropBorder::edge, CropBorder::reflect})
        add("border", {3, 4, 5, 2}, {.crop_padding = 11, .crop_border = border});
    add("alternating", {5, 4, 6, 3}, {.flip = true, .alternate = true});
    add("turned", {4, 9, 7, 3}, {.rotate = 40});
    add("turned all round", {4, 5, 8, 1}, {.crop_padding = 2, .rotate = 180});
    add("a pixel turned", {2, 1, 1, 2},
        {.crop_padding = 1, .crop_border = CropBorder::reflect, .rotate = 90});
    add("cut out", {4, 6, 5, 2}, {.cutout = 3});
    add("all cut out", {4, 3, 3, 1}, {.cutout = 7});
    add("sharpened", {4, 6, 5, 2}, {.sharpen = 2});
    add("sharpened, too small", {4, 2, 1, 3}, {.sharpen = 10});
    add("brightness", {4, 6, 5, 2}, {.brightness = 0.5});
    add("contrast", {4, 6, 5, 1}, {.contrast = 1});
    add("saturation", {4, 6, 5, 3}, {.saturation = 1});
    add("hue", {4, 6, 5, 3}, {.hue = 0.5});
    add("all colours", {4, 6, 5, 3},
        {.sharpen = 1, .brightness = 1, .contrast = 1, .saturation = 1, .hue = 0.1});
    add("mixup", {6, 4, 5, 3}, {.mixup = 0.4});
    add("cutmix", {6, 7, 5, 2}, {.cutmix = 1});
    add("mixup and cutmix", {6, 7, 5, 2}, {.mixup = 2, .cutmix = 0.7});
    add("smaller", {3, 8, 9, 3}, {.height = 5, .width = 9});
    add("one pixel of all", {3, 8, 9, 1}, {.height = 1, .width = 1});
    result.push_back(images_case("mixed with some", {6, 4, 5, 1}, 7, DType::int32, {.mixup = 1}, false, 2));
    for (const PrepareImagesParams& params : {PrepareImagesParams{}, kLight, kHeavy})
        result.push_back(gathered_case("gathered", {1, 9, 8, 3}, 7, DType::int64, params, 50000));
    result.push_back(
        gathered_case("gathered, mixed with some", {1, 4, 5, 3}, 5, DType::int32, kHeavy, 30, 3));
    PrepareImagesParams all = kHeavy;
    add("everything", {8, 16, 15, 3}, all);
    all.height = 11;
    all.width = 10;
    add("everything, smaller", {8, 16, 15, 3}, all);
    return result;
}

PrepareImagesParams random_params(Draw& draw, std::uint64_t seed, const Shape& images) {
    const auto some = [&](double most) {
        return draw(0, 2) == 0 ? most * static_cast<double>(draw(1, 100)) / 100 : 0.0;
    };
    PrepareImagesParams params{.crop_padding = draw(0, 5), .flip = draw(0, 1) == 1, .seed = seed};
    params.epoch = static_cast<std::uint32_t>(draw(0, 9));
    params.crop_border = static_cast<CropBorder>(draw(0, 2));
    params.alternate = params.flip && draw(0, 1) == 1;
    params.rotate = some(180);
    params.cutout = draw(0, 1) * draw(0, 6);
    params.sharpen = some(3);
    params.brightness = some(1);
    params.contrast = some(1);
    if (images[3] == 3) {
        params.saturation = some(1);
        params.hue = some(0.5);
    }
    params.mixup = some(2);
    params.cutmix = some(2);
    if (draw(0, 2) == 0 && images[1] > 0) {
        params.height = draw(1, images[1]);
        params.width = draw(1, images[2]);
    }
    return params;
}

Tensor stored_images() { return Tensor::zeros({2, 4, 4, 3}, DType::uint8); }
Tensor numbers(std::vector<std::int32_t> values) {
    return Tensor::from({static_cast<std::int64_t>(values.size())}, values);
}

void augment(const PrepareImagesParams& params) {
    const Tensor factors = Tensor::zeros({3});
    prepare_images(stored_images(), numbers({0}), factors, factors, DType::float32, params);
}

std::vector<ErrorCase> errors() {
    const Tensor three = Tensor::zeros({3});
    return {
        {"images are not bytes",
         [=] {
             prepare_images(Tensor::zeros({2, 4, 4, 3}), numbers({0}), three, three);
         },
         "[prepare_images] the images must be (R, H, W, C) uint8, got float32 (2,4,4,3) on cpu"},
        {"sample past the end",
         [=] {
             prepare_images(stored_images(), numbers({1, 2}), three, three);
         },
         "[prepare_images] sample 2 is not in [0, 2)"},
        {"negative sample", [=] { prepare_images(stored_images(), numbers({-1}), three, three); },
         "[prepare_images] sample -1 is not in [0, 2)"},
        {"samples of a wrong type",
         [=] { prepare_images(stored_images(), Tensor::zeros({1}), three, three); },
         "[prepare_images] the samples must be (N) int32 or int64, got float32 (1) on cpu"},
        {"scale of a wrong shape",
         [=] { prepare_images(stored_images(), numbers({0}), Tensor::zeros({1}), three); },
         "[prepare_images] scale is float32 (1) on cpu, expected float32 or float64 (3), one number per "
         "channel of images (2,4,4,3)"},
        {"negative padding",
         [=] {
             prepare_images(stored_images(), numbers({0}), three, three, DType::float32,
                            {.crop_padding = -1});
         },
         "[prepare_images] the padding of crops must be in [0, 32768), got -1"},
        {"hue of grey images",
         [=] {
             prepare_images(Tensor::zeros({2, 4, 4, 1}, DType::uint8), numbers({0}), Tensor::zeros({1}),
                            Tensor::zeros({1}), DType::float32, {.hue = 0.1});
         },
         "[prepare_images] saturation and hue are of images with 3 channels, got 1"},
        {"turned too far", [=] { augment({.rotate = 181}); },
         "[prepare_images] rotate must be in [0, 180], got 181"},
        {"no number", [=] { augment({.contrast = std::nan("")}); },
         "[prepare_images] contrast must be in [0, 1], got nan"},
        {"alternates nothing", [=] { augment({.alternate = true}); },
         "[prepare_images] only mirrors alternate, and flip is off"},
        {"negative square", [=] { augment({.cutout = -1}); },
         "[prepare_images] the side of cutout must be in [0, 32768), got -1"},
        {"larger than it was", [=] { augment({.height = 5}); },
         "[prepare_images] the height of the result must be at most the images' 4, or 0 for the same, got 5"},
        {"too many gathered images", [=] { augment({.set_size = 9}); },
         "[prepare_images] 1 samples of a set of 9 need 1 gathered images, got 2"},
        {"label past the end",
         [=] {
             mixed_targets(numbers({0, 3}), numbers({0}), 3, 4, 4, DType::float32, {.mixup = 1});
         },
         "[prepare_images] label 3 is not in [0, 3)"},
        {"labels of a wrong type",
         [=] { mixed_targets(three, numbers({0}), 3, 4, 4, DType::float32, {.mixup = 1}); },
         "[prepare_images] labels must be (R) int32, got float32 (3) on cpu"},
        {"integers asked for",
         [=] { prepare_images(stored_images(), numbers({0}), three, three, DType::int32); },
         "[prepare_images] the result must be of a floating-point type, not int32"}};
}

}  // namespace

OpCases prepare_images_cases() {
    OpCases result;
    result.passes = {
        images_case("no sample", {1, 2, 2, 3}, 0, DType::int64),
        images_case("one pixel", {1, 1, 1, 1}, 1, DType::int32),
        images_case("odd", {7, 5, 3, 3}, 9, DType::int64),
        images_case("CIFAR-10", {10, 32, 32, 3}, 4, DType::int32),
        images_case("crops", {5, 8, 8, 3}, 9, DType::int64, {.crop_padding = 2, .seed = 1}),
        images_case("mirrors", {5, 4, 6, 1}, 9, DType::int32, {.flip = true, .seed = 2}),
        images_case("crops past the image", {3, 3, 5, 2}, 20, DType::int32,
                    {.crop_padding = 9, .flip = true, .seed = 3, .epoch = 7}),
        images_case("CIFAR-10, augmented", {10, 32, 32, 3}, 4, DType::int32,
                    {.crop_padding = 4, .flip = true}),
        images_case("batch of CIFAR-10", {5000, 32, 32, 3}, 64, DType::int32, {}, true),
        images_case("batch of CIFAR-10, augmented", {5000, 32, 32, 3}, 64, DType::int32,
                    {.crop_padding = 4, .flip = true}, true),
        images_case("batch of CIFAR-10, lightly", {5000, 32, 32, 3}, 64, DType::int32, kLight, true),
        images_case("batch of CIFAR-10, heavily", {5000, 32, 32, 3}, 64, DType::int32, kHeavy, true)};
    const std::vector<PassCase> augmented = augmented_cases();
    result.passes.insert(result.passes.end(), augmented.begin(), augmented.end());
    for (const TargetsParams& params :
         {TargetsParams{}, TargetsParams{{.mixup = 0.5}}, TargetsParams{{.cutmix = 1}, 9, 7},
          TargetsParams{{.mixup = 1, .cutmix = 1, .height = 3, .width = 4}, 9, 7}})
        result.passes.push_back(targets_case("labels", 5, 9, 3, DType::int32, params));
    result.passes.push_back(targets_case("mixed with some", 5, 9, 3, DType::int32, {{.mixup = 1}}, 2));
    result.passes.push_back(targets_case("one class", 5, 4, 1, DType::int64, {{.mixup = 1}}));
    result.passes.push_back(targets_case("no sample", 5, 0, 2, DType::int64, {{.mixup = 1}}));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const DType type = draw(0, 1) == 0 ? DType::int32 : DType::int64;
        const Shape images{draw(1, 9), draw(0, 9), draw(1, 9), draw(1, 4)};
        const PrepareImagesParams some = random_params(draw, seed, images);
        return std::vector{
            images_case("random", images, draw(0, 9), type),
            images_case("random, augmented", images, draw(0, 9), type, some, false, draw(0, 3)),
            gathered_case("random, gathered", images, draw(0, 9), type, some, draw(1, 99), draw(0, 3)),
            targets_case("random", draw(1, 20), draw(0, 9), draw(1, 12), type,
                         {some, draw(5, 9), draw(9, 12)}, draw(0, 3))};
    };
    result.errors = errors();
    const PassCase plain = images_case("float32", {4, 2, 2, 3}, 3, DType::int32);
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "ref"}, {plain, DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
