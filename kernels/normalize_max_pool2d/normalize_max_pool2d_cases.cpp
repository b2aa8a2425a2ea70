#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace normalize_max_pool2d_passes;

constexpr double kEpsilon = 1e-3;

// Which pixel is the largest must not hang on the last bit. Numbers of x are equal or 1/64 apart, and the
// normalisation is monotone: equal ones stay equal, others come out at least 0.01 / 64 * 0.3 apart (slope of
// leaky_relu, gamma / sqrt(variance + epsilon)), 100 roundings of numbers up to 6, unless relu makes both 0,
// so all implementations take the same pixel. gelu and silu are monotone above -0.75, where beta puts all z.
constexpr double kStep = 0x1p-6;

// Two passes. |z| < 6: 1.5 * 1.2 / sqrt(0.5) = 2.55 beside |beta| of 3 at most.
void add(std::vector<PassCase>& all, const std::string& name, const Shape& image, const Window2d& window,
         Activation activation = Activation::relu, bool benchmark = false, bool turned = false) {
    const NormalizeMaxPool2dParams params{{kEpsilon, activation}, window};
    const Shape channels{image[3]};
    const bool curved = activation == Activation::gelu || activation == Activation::silu;
    TensorSpec x{image}, gamma{channels, 0.5, 1.5, DType::float32};
    x.step = kStep;
    if (turned) gamma = {channels, -1.5, -0.5, DType::float32};
    const TensorSpec mean{channels, -0.2, 0.2, DType::float32}, variance{channels, 0.5, 2, DType::float32};
    const TensorSpec beta{channels, curved ? 2.0 : -1.0, curved ? 3.0 : 1.0, DType::float32};
    const TensorSpec y{window_output_shape("cases", image, window, image[3])}, dy{y.shape, 0, 1};
    // A maximum is no further off than the numbers it is taken of.
    all.push_back(case_of<Forward>(name, params,
                                   {.x = x, .mean = mean, .variance = variance, .gamma = gamma, .beta = beta},
                                   {.y = y}, {.y = Bound::relative(16, 6)}, {.benchmark = benchmark}));

    // da adds at most one dy per window that reads a pixel, each in [0, 1]; the slope of an activation is
    // below 1.2, gamma / sqrt(variance + epsilon) below 2.2.
    const auto taps = static_cast<double>(window.kernel_h * window.kernel_w);
    const Bound element = Bound::relative(taps + 16, 3 * taps);
    // Each window has its share in one pixel of a channel, times less than 4 as in normalize's cases.
    const auto rows = static_cast<double>(image[0] * image[1] * image[2]);
    const auto windows = static_cast<double>(y.shape[0] * y.shape[1] * y.shape[2]);
    const Bound sum = Bound::relative(4 * std::sqrt(rows) + taps + 16, 4 * windows);
    all.push_back(case_of<Backward>(
        name, params, {.x = x, .mean = mean, .variance = variance, .gamma = gamma, .beta = beta, .dy = dy},
        {.dx = x, .dmean = mean, .dvariance = variance, .dgamma = gamma, .dbeta = beta},
        {.dx = element, .dmean = sum, .dvariance = sum, .dgamma = sum, .dbeta = sum},
        {.benchmark = benchmark}));
}

// beta decides on which side of relu's kink all elements are.
GradientCase gradient(std::string name, const Shape& image, const Window2d& window, Activation activation,
                      double beta = 0) {
    const Shape channels{image[3]};
    return {std::move(name),
            {{image},
             {channels, -0.2, 0.2},
             {channels, 0.5, 2},
             {channels, 0.5, 1.5},
             {channels, beta - 0.5, beta + 0.5}},
            [window, activation](const Tensors& in) {
                const DeferredNormalize norm{in[1], in[2], in[3], in[4], {kEpsilon, activation}};
                return Tensors{normalize_max_pool2d(in[0], norm, window)};
            }};
}

}  // namespace

OpCases normalize_max_pool2d_cases() {
    using enum Activation;
    OpCases result;
    const Window2d dense = Window2d::square(3, 2, 1);
    const Window2d odd{2, 3, 2, 1, 2, 1, 1, 2, 0, 1};
    const auto same = [](std::int64_t height, std::int64_t width) {
        return Window2d::square(3, 2).same(height, width);
    };
    auto& all = result.passes;
    add(all, "no image", {0, 4, 4, 3}, dense);
    add(all, "one pixel", {1, 1, 1, 1}, dense);
    add(all, "extra pixel after", {2, 8, 6, 5}, same(8, 6));
    for (const Activation activation : {none, relu, relu6, leaky_relu, gelu, silu})
        add(all, to_text("odd, ", activation), {2, 7, 6, 37}, odd, activation);
    add(all, "negative gamma", {2, 7, 5, 19}, dense, relu, false, true);
    add(all, "rows between windows", {2, 11, 9, 6}, Window2d::square(2, 4));
    add(all, "windows without pixels", {2, 3, 4, 6}, Window2d::square(2, 1, 3));
    add(all, "rows of windows without pixels", {1, 2, 5, 16}, {1, 2, 3, 1, 1, 1, 4, 5, 0, 0});
    add(all, "whole image", {3, 6, 5, 16}, {6, 5});
    add(all, "one long image", {1, 70, 3, 16}, dense);
    add(all, "many images", {19, 4, 5, 16}, dense);
    add(all, "mini_xception", {64, 32, 32, 128}, same(32, 32), relu, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const Window2d window{draw(1, 4), draw(1, 4), draw(1, 5), draw(1, 3), draw(1, 2),
                              draw(1, 2), draw(0, 4), draw(0, 2), draw(0, 4), draw(0, 2)};
        const Shape image{draw(1, 3), window.span_h() + draw(0, 8), window.span_w() + draw(0, 6),
                          draw(1, 40)};
        std::vector<PassCase> some;
        add(some, "random", image, window, draw(0, 1) == 0 ? none : relu, false, draw(0, 1) == 0);
        return some;
    };
    result.gradients = {gradient("plain", {2, 4, 4, 3}, same(4, 4), none),
                        gradient("odd, silu", {1, 6, 5, 2}, odd, silu),
                        gradient("rows between windows", {1, 7, 5, 2}, Window2d::square(2, 3), gelu, 3),
                        gradient("relu above 0", {2, 4, 4, 3}, dense, relu, 5),
                        gradient("relu below 0", {2, 4, 4, 3}, dense, relu, -5)};
    const Tensor three = Tensor::zeros({3});
    const auto call = [three](const Shape& image, const DeferredNormalize& norm,
                              DType dtype = DType::float32) {
        return [=] { normalize_max_pool2d(Tensor::zeros(image, dtype), norm, Window2d::square(2)); };
    };
    const DeferredNormalize norm{three, three, three, three, {}};
    DeferredNormalize gamma = norm, variance = norm, epsilon = norm, residual = norm;
    gamma.gamma = Tensor::zeros({2});
    variance.variance = Tensor::zeros({3}, DType::float64);
    epsilon.params.epsilon = -1;
    residual.residual = Tensor::zeros({1, 4, 4, 3});
    result.errors = {
        {"rank", call({4, 4, 3}, norm), "[normalize_max_pool2d] the input must be (N, H, W, C), got (4,4,3)"},
        {"small input", call({1, 1, 4, 3}, norm),
         "[normalize_max_pool2d] the padded input is smaller than the window (input (1,1,4,3), kernel 2x2, "
         "stride 1x1, dilation 1x1, padding 0+0,0+0)"},
        {"no normalisation", call({1, 4, 4, 3}, {}),
         "[normalize_max_pool2d] there is no normalisation; max_pool2d needs none"},
        {"residual", call({1, 4, 4, 3}, residual),
         "[normalize_max_pool2d] the normalisation must not have a residual"},
        {"integers", call({1, 4, 4, 3}, norm, DType::uint8),
         "[normalize_max_pool2d] the input must be (..., C) of a floating-point type, got uint8 (1,4,4,3) on "
         "cpu"},
        {"gamma", call({1, 4, 4, 3}, gamma),
         "[normalize_max_pool2d] gamma is float32 (2) on cpu, expected float32 (C) = (3) (input float32 "
         "(1,4,4,3) on cpu)"},
        {"type of the variance", call({1, 4, 4, 3}, variance),
         "[normalize_max_pool2d] variance is float64 (3) on cpu, expected float32 (C) = (3) (input float32 "
         "(1,4,4,3) on cpu)"},
        {"epsilon", call({1, 4, 4, 3}, epsilon),
         "[normalize_max_pool2d] epsilon must not be negative, got -1"},
    };
    std::vector<PassCase> small;
    add(small, "dispatch", {1, 4, 4, 3}, dense);
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "normalize_max_pool2d=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
