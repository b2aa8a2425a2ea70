#include "tern/kernels/prepare_images/prepare_images.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/prepare_images/prepare_images_passes.hpp"

namespace tern::cases {
namespace {

using namespace prepare_images_passes;

TensorSpec sample_spec(std::int64_t batch, std::int64_t samples, DType dtype) {
    return {{batch}, 0, static_cast<double>(samples - 1), dtype};
}

// Pixels up to 255 times 0.01 plus up to 1: nothing is larger than 4 on the way.
PassCase images_case(std::string name, const Shape& images, std::int64_t batch, DType sample_type,
                     const PrepareImagesParams& params = {}, bool benchmark = false) {
    const TensorSpec scale{{images[3]}, -0.01, 0.01, DType::float32},
        shift{{images[3]}, -1, 1, DType::float32};
    const Shape result = images.with(0, batch);
    return case_of<Images>(std::move(name), params,
                           {.images = {images, 0, 255, DType::uint8},
                            .samples = sample_spec(batch, images[0], sample_type),
                            .scale = scale,
                            .shift = shift},
                           {.y = {result}}, {.y = Bound::relative(1, 4)}, {.benchmark = benchmark});
}

Tensor stored_images() { return Tensor::zeros({2, 4, 4, 3}, DType::uint8); }
Tensor numbers(std::vector<std::int32_t> values) {
    return Tensor::from({static_cast<std::int64_t>(values.size())}, values);
}

std::vector<ErrorCase> errors() {
    const Tensor three = Tensor::zeros({3});
    return {{"images are not bytes",
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
            {"integers asked for",
             [=] { prepare_images(stored_images(), numbers({0}), three, three, DType::int32); },
             "[prepare_images] the result must be of a floating-point type, not int32"}};
}

}  // namespace

OpCases prepare_images_cases() {
    OpCases result;
    result.passes = {images_case("no sample", {1, 2, 2, 3}, 0, DType::int64),
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
                                 {.crop_padding = 4, .flip = true}, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const DType type = draw(0, 1) == 0 ? DType::int32 : DType::int64;
        const Shape images{draw(1, 9), draw(0, 9), draw(1, 9), draw(1, 4)};
        const PrepareImagesParams augmented{draw(0, 5), draw(0, 1) == 1, seed,
                                            static_cast<std::uint32_t>(draw(0, 9))};
        return std::vector{images_case("random", images, draw(0, 9), type),
                           images_case("random, augmented", images, draw(0, 9), type, augmented)};
    };
    result.errors = errors();
    const PassCase plain = images_case("float32", {4, 2, 2, 3}, 3, DType::int32);
    result.dispatch = {
        {plain}, {plain, DType::float64, "auto", "ref"}, {plain, DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
