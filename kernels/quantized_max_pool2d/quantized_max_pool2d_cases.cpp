#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace quantized_max_pool2d_passes;

PassCase forward(std::string name, const Shape& image, const Window2d& window, bool benchmark = false) {
    return case_of<Forward>(
        std::move(name), {window}, {.x = {image, 0, 255, DType::uint8}},
        {.y = {window_output_shape("cases", image, window, image[3]), 0, 0, DType::uint8}},
        {.y = Bound::exact()}, {.benchmark = benchmark});
}

}  // namespace

OpCases quantized_max_pool2d_cases() {
    OpCases result;
    result.passes = {forward("no image", {0, 4, 4, 3}, Window2d::square(3, 2, 1)),
                     forward("one pixel", {1, 1, 1, 1}, Window2d::square(3, 2, 1)),
                     forward("extra pixel after", {2, 8, 6, 5}, Window2d::square(3, 2).same(8, 6)),
                     forward("everything odd", {2, 7, 6, 37}, {2, 3, 2, 1, 2, 1, 1, 2, 0, 1}),
                     forward("window beside the image", {1, 2, 2, 4}, Window2d::square(1, 1, 2)),
                     forward("mini_xception", {64, 32, 32, 128}, Window2d::square(3, 2).same(32, 32), true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Window2d window{draw(1, 4), draw(1, 4), draw(1, 3), draw(1, 3), draw(1, 2),
                              draw(1, 2), draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)};
        return std::vector{forward(
            "random", {draw(1, 3), window.span_h() + draw(0, 6), window.span_w() + draw(0, 6), draw(1, 40)},
            window)};
    };
    result.errors = {{"type",
                      [] {
                          quantized_max_pool2d(Tensor::zeros({1, 4, 4, 1}), Window2d::square(2));
                      },
                      "[quantized_max_pool2d] the input must be uint8, got float32"},
                     {"rank",
                      [] {
                          quantized_max_pool2d(Tensor::zeros({4, 4}, DType::uint8), Window2d::square(2));
                      },
                      "[quantized_max_pool2d] the input must be (N, H, W, C), got (4,4)"}};
    result.dispatch = {{result.passes[2]}, {result.passes[2], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
