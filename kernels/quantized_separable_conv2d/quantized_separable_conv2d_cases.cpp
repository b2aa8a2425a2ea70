#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace quantized_separable_conv2d_passes;

// Multipliers spread both sums over the bytes and beyond. All versions give the same bytes.
PassCase forward(std::string name, const Shape& image, std::int64_t outputs,
                 const QuantizedSeparableConv2dParams& params, bool residual = false,
                 bool benchmark = false) {
    const Window2d& window = params.window;
    const std::int64_t channels = image[3];
    const Shape y = window_output_shape("cases", image, window, outputs);
    const auto multiplier = [](std::int64_t count, std::int64_t terms) {
        const double largest = 0.03 / std::sqrt(static_cast<double>(terms));
        return TensorSpec{
            .shape = {count}, .low = 0, .high = largest, .dtype = DType::float32, .fixed = true};
    };
    return case_of<Forward>(
        std::move(name), params,
        {.x = {image, 0, 255, DType::uint8},
         .depthwise = {{channels, 1, window.kernel_h, window.kernel_w}, -127, 127, DType::int8},
         .depthwise_bias = {{channels}, -5000, 5000, DType::int32},
         .depthwise_multiplier = multiplier(channels, window.kernel_h * window.kernel_w),
         .pointwise = {{outputs, channels}, -127, 127, DType::int8},
         .bias = {{outputs}, -5000, 5000, DType::int32},
         .multiplier = multiplier(outputs, channels),
         .residual = {y, 0, 255, DType::uint8, residual}},
        {.y = {y, 0, 0, DType::uint8}}, {.y = Bound::exact()}, {.benchmark = benchmark});
}

ErrorCase error(std::string name, std::string message, const Shape& pointwise, int middle_zero = 0) {
    return {std::move(name),
            [=] {
                const auto weights = [](const Shape& shape) {
                    return QuantizedWeights{Tensor::zeros(shape, DType::int8),
                                            Tensor::zeros({shape[0]}, DType::int32),
                                            Tensor::zeros({shape[0]})};
                };
                quantized_separable_conv2d(Tensor::zeros({1, 4, 4, 8}, DType::uint8), weights({8, 1, 3, 3}),
                                           weights(pointwise),
                                           {.window = Window2d::square(3, 1, 1), .middle_zero = middle_zero});
            },
            std::move(message)};
}

}  // namespace

OpCases quantized_separable_conv2d_cases() {
    OpCases result;
    const QuantizedSeparableConv2dParams same{Window2d::square(3, 1, 1), 128, 128, {.zero = 0}};
    QuantizedSeparableConv2dParams added = same, strided = same, wide = same, odd = same;
    added.result = {.zero = 131, .residual_multiplier = 0.7F, .residual_zero = 119};
    strided.window = Window2d::square(3, 2, 1);
    wide.window = Window2d::square(7, 1, 6, 2);
    odd.window = {2, 3, 2, 1, 3, 1, 1, 2, 0, 3};
    result.passes = {forward("no image", {0, 4, 4, 8}, 8, same),
                     forward("one pixel", {1, 1, 1, 1}, 1, same),
                     forward("64 channels", {2, 9, 8, 64}, 64, same),
                     forward("residual", {1, 17, 7, 128}, 128, added, true),
                     forward("channels that are no step", {2, 5, 6, 37}, 70, added, true),
                     forward("stride 2", {2, 9, 8, 24}, 40, strided),
                     forward("7x7, dilated", {1, 9, 11, 16}, 16, wide),
                     forward("everything odd", {2, 9, 8, 5}, 11, odd),
                     forward("mini_xception", {64, 32, 32, 64}, 64, same, false, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const auto zero = [&] { return static_cast<int>(draw(0, 255)); };
        const Window2d window{draw(1, 5), draw(1, 4), draw(1, 3), draw(1, 2), draw(1, 2),
                              draw(1, 2), draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
        return std::vector{
            forward("random",
                    {draw(1, 3), window.span_h() + draw(0, 10), window.span_w() + draw(0, 10), draw(1, 140)},
                    draw(1, 80), {window, zero(), zero(), {zero(), 0.5F, zero()}}, draw(0, 1) == 1)};
    };
    result.errors = {
        error("pointwise", "[quantized_separable_conv2d] pointwise must be (O, 8), got (4,9)", {4, 9}),
        error("zero", "[quantized_separable_conv2d] middle_zero must be in 0 to 255, got -1", {4, 8}, -1)};
    result.dispatch = {{result.passes[2]}, {result.passes[2], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
