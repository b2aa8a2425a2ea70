#include <algorithm>
#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/quantized_conv2d/quantized_conv2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace quantized_conv2d_passes;

struct Result {
    bool residual = false;
    DType type = DType::uint8;
    double bias_low = -5000, bias_high = 5000;
};

// Multipliers spread the sums of K products, of about sqrt(K) 73 * 73, over the bytes and beyond. All versions give the same bytes, and the
// same float32 numbers, which are one or three roundings of whole ones.
PassCase forward(std::string name, const Shape& image, std::int64_t outputs, QuantizedConv2dParams params,
                 Result result = {}, bool benchmark = false) {
    const Window2d& window = params.window;
    const Shape weight{outputs, image[3], window.kernel_h, window.kernel_w};
    const Shape y = window_output_shape("cases", image, window, outputs);
    const double spread = 0.24 / std::sqrt(static_cast<double>(std::max<std::int64_t>(weight.numel(), 1)));
    return case_of<Forward>(std::move(name), params,
                            {.x = {image, 0, 255, DType::uint8},
                             .w = {weight, -127, 127, DType::int8},
                             .bias = {{outputs}, result.bias_low, result.bias_high, DType::int32},
                             .multiplier = {.shape = {outputs},
                                            .low = 0,
                                            .high = std::min(spread, 1000 / result.bias_high),
                                            .dtype = DType::float32,
                                            .fixed = true},
                             .residual = {y, 0, 255, DType::uint8, result.residual}},
                            {.y = {.shape = y, .dtype = result.type, .fixed = true}}, {.y = Bound::exact()},
                            {.benchmark = benchmark});
}

QuantizedConv2dParams params_of(const Window2d& window, int input_zero = 0, Requantize result = {}) {
    return {window, input_zero, result};
}

ErrorCase error(std::string name, std::string message, const Shape& image, DType type, int zero = 0) {
    return {std::move(name),
            [=] {
                quantized_conv2d(Tensor::zeros(image, type), Tensor::zeros({2, 4, 1, 1}, DType::int8),
                                 Tensor::zeros({2}, DType::int32), Tensor::zeros({2}), params_of({}, zero));
            },
            std::move(message)};
}

}  // namespace

OpCases quantized_conv2d_cases() {
    OpCases result;
    const Window2d same3 = Window2d::square(3, 1, 1), one{};
    const Requantize added{.zero = 131, .residual_multiplier = 0.7F, .residual_zero = 119};
    result.passes = {
        forward("no image", {0, 4, 4, 3}, 5, params_of(same3)),
        forward("one pixel", {1, 1, 1, 1}, 1, params_of(one, 3)),
        forward("no outputs", {1, 2, 2, 4}, 0, params_of(one)),
        forward("three channels", {2, 9, 7, 3}, 32, params_of(same3, 128, {.zero = 128})),
        forward("pointwise", {2, 5, 7, 64}, 64, params_of(one, 7, {.zero = 0})),
        forward("pointwise of a residual", {1, 9, 7, 64}, 72, params_of(one, 128, added), {.residual = true}),
        forward("channels that are no quad", {1, 4, 5, 37}, 70, params_of(one, 255, {.zero = 255})),
        forward("more rows than a band", {2, 19, 6, 8}, 130, params_of(same3, 5, added), {.residual = true}),
        forward("float32", {3, 1, 1, 128}, 10, params_of(one, 2), {.type = DType::float32}),
        forward("float32 of a residual", {1, 6, 6, 5}, 9, params_of(same3, 2, added),
                {.residual = true, .type = DType::float32}),
        forward("16 outputs of a residual", {2, 5, 30, 16}, 16, params_of(same3, 9, added),
                {.residual = true}),
        forward("32 outputs, float32", {2, 9, 33, 20}, 32, params_of(same3, 9), {.type = DType::float32}),
        forward("half a panel", {1, 3, 41, 36}, 96, params_of(same3, 9, added), {.residual = true}),
        forward("sums that wrap", {2, 7, 9, 64}, 40, params_of(same3, 3),
                {.bias_low = 2147480000, .bias_high = 2147483647}),
        forward("everything odd", {2, 9, 8, 6}, 11,
                params_of({2, 3, 2, 1, 2, 2, 1, 2, 0, 3}, 11, {.zero = 9})),
        forward("window beside the image", {1, 2, 2, 4}, 3,
                params_of(Window2d::square(1, 1, 3), 200, {.zero = 20})),
        forward("resnet20", {64, 32, 32, 16}, 16, params_of(same3, 0, added), {.residual = true}, true),
        forward("mini_xception entry", {64, 32, 32, 32}, 64, params_of(same3), {}, true),
        forward("mini_xception pointwise", {64, 32, 32, 64}, 64, params_of(one, 128, added),
                {.residual = true}, true)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Window2d window{draw(1, 4), draw(1, 4), draw(1, 3), draw(1, 3), draw(1, 2),
                              draw(1, 2), draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
        const Requantize rule{static_cast<int>(draw(0, 255)), 0.5F, static_cast<int>(draw(0, 255))};
        return std::vector{forward(
            "random", {draw(1, 3), window.span_h() + draw(0, 10), window.span_w() + draw(0, 10), draw(1, 70)},
            draw(0, 1) == 0 ? 16 * draw(1, 2) : draw(1, 140),
            params_of(window, static_cast<int>(draw(0, 255)), rule),
            {draw(0, 1) == 1, draw(0, 3) == 0 ? DType::float32 : DType::uint8})};
    };
    result.errors = {error("type", "[quantized_conv2d] the input must be uint8, got float32", {1, 1, 1, 4},
                           DType::float32),
                     error("channels", "[quantized_conv2d] weight must be (O, 5, 1, 1), got (2,4,1,1)",
                           {1, 1, 1, 5}, DType::uint8),
                     error("zero", "[quantized_conv2d] input_zero must be in 0 to 255, got 256", {1, 1, 1, 4},
                           DType::uint8, 256)};
    result.dispatch = {{result.passes[4]}, {result.passes[4], DType::float32, "ref", "ref"}};
    return result;
}

}  // namespace tern::cases
