#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"

namespace tern::cases {
namespace {

using namespace separable_conv2d_passes;

constexpr double kEpsilon = 0.05;

struct Variant {
    bool normalized = false, moments = false, bias = true;
    Activation activation = Activation::relu;
    bool residual = false, kept = false;  // these need a normalisation
    bool exact = false;                   // gradients of weights in float32
};

// An error is at most 4 eps sqrt(K) sum |a||b|... for sums of K products (Bound::products). `floor` stands
// for the sum of the absolute products: K terms of the largest |a| times the mean of what it meets, 1/4 for
// two weights or 1/2 for one, with a margin of 2. The reference on absolute inputs would not do: x - |mean|
// is no bound.
Bound sums(double terms, double floor) { return Bound::relative(4 * std::sqrt(terms) + 16, floor); }

std::vector<Bound> in_bfloat16(std::vector<Bound> bounds) {
    for (Bound& bound : bounds) bound = bound.in_bfloat16();
    return bounds;
}

std::vector<Bound> rounded(std::vector<Bound> bounds, int times) {
    for (Bound& bound : bounds) bound = bound.rounded(times);
    return bounds;
}

void add(std::vector<PassCase>& all, const std::string& name, const Shape& image, std::int64_t outputs,
         const Variant& kind, bool benchmark = false) {
    const std::int64_t channels = image[3];
    const SeparableConv2dParams params{{kEpsilon, kind.activation}};
    TensorSpec mean{{channels}, -0.2, 0.2, DType::float32}, variance{{channels}, 0.5, 2, DType::float32};
    TensorSpec gamma{{channels}, 0.5, 1.5, DType::float32}, beta{{channels}, -1, 1, DType::float32};
    for (TensorSpec* spec : {&mean, &variance, &gamma, &beta}) spec->defined = kind.normalized;
    TensorSpec residual{image}, kept{image};
    residual.defined = kind.residual;
    kept.defined = kind.kept;
    const TensorSpec x{image}, depthwise{{channels, 1, 3, 3}}, pointwise{{outputs, channels}};
    const Shape output = image.with(-1, outputs);
    TensorSpec y{output}, moment{{outputs}, -0.2, 0.2, DType::float32}, bias{{outputs}};
    moment.defined = kind.moments;
    bias.defined = kind.bias;

    const auto in = static_cast<double>(channels), out = static_cast<double>(outputs);
    const auto rows = static_cast<double>(image[0] * image[1] * image[2]);
    // |a|: 1.5 * 1.2 / sqrt(0.55) + 1 = 3.5, and the residual
    const double largest = kind.residual ? 5 : kind.normalized ? 4 : 1;
    const double value = 9 * in * largest / 2 + 1;  // |y|
    const Bound element = sums(9 * in, value);
    // The error of a variance is 2 |y - mean| times that of y.
    all.push_back(case_of<Forward>(name, params,
                                   {.x = x,
                                    .mean = mean,
                                    .variance = variance,
                                    .gamma = gamma,
                                    .beta = beta,
                                    .depthwise = depthwise,
                                    .pointwise = pointwise,
                                    .bias = bias,
                                    .residual = residual},
                                   {.y = y, .y_mean = moment, .y_variance = moment, .a = kept},
                                   {.y = element,
                                    .y_mean = element,
                                    .y_variance = sums(9 * in, 2 * value * value),
                                    .a = Bound::relative(16, largest)},
                                   {.benchmark = benchmark}));
    // a, and a filtered
    all.back().own_bounds = {{CpuBf16::kName, in_bfloat16(all.back().bounds)},
                             {CudaMma::kName, rounded(all.back().bounds, 2)}};

    const double gradient = 1 + 4 / std::max(rows, 1.0);  // |dz|: 1 + 1 / M + 2 * 1.2 / M
    const double scale = kind.normalized ? 3 : 1;         // gamma / sqrt(variance + epsilon) < 2.1
    const double input = 9 * out * gradient / 2 + (kind.kept ? 1 : 0);  // |da|
    // |da|, over all rows, times |x - mean| < 1.2 and gamma / 2 / 0.55^1.5 < 1.9.
    const Bound vector = sums(9 * out * rows, 4 * rows * input);
    TensorSpec stored = y, y_mean = moment;
    stored.defined = kind.moments;
    const auto gradient_of = [&](TensorSpec weight) {
        if (kind.exact) weight.dtype = DType::float32;
        return weight;
    };
    OutputBounds<Backward> bounds{.dx = sums(9 * out, scale * input),
                                  .dmean = vector,
                                  .dvariance = vector,
                                  .dgamma = vector,
                                  .dbeta = vector,
                                  .ddepthwise = sums(rows * out, rows * out * largest * gradient / 2),
                                  .dpointwise = sums(9 * rows, 9 * rows * largest * gradient / 2),
                                  .dbias = sums(rows, rows * gradient),
                                  .dresidual = sums(9 * out, input)};
    all.push_back(case_of<Backward>(name, params,
                                    {.x = x,
                                     .mean = mean,
                                     .variance = variance,
                                     .gamma = gamma,
                                     .beta = beta,
                                     .depthwise = depthwise,
                                     .pointwise = pointwise,
                                     .y = stored,
                                     .y_mean = y_mean,
                                     .dy = y,
                                     .dy_mean = moment,
                                     .dy_variance = moment,
                                     .residual = residual,
                                     .da = kept},
                                    {.dx = x,
                                     .dmean = mean,
                                     .dvariance = mean,
                                     .dgamma = mean,
                                     .dbeta = mean,
                                     .ddepthwise = gradient_of(depthwise),
                                     .dpointwise = gradient_of(pointwise),
                                     .dbias = gradient_of(bias),
                                     .dresidual = residual},
                                    bounds, {.benchmark = benchmark}));
    // |a| times |du|, a sum over the outputs.
    bounds.ddepthwise.floor = out * rows * largest * gradient / 2;
    // dz, du and da; dz, du and a; dz, a and a filtered
    all.back().own_bounds = {{CpuBf16::kName, in_bfloat16(bounds.list())},
                             {CudaMma::kName, rounded(bounds.list(), 3)}};
}

// beta decides on which side of relu's kink all elements are: |gamma xhat| < 1.5 * 1.2 / sqrt(0.5) < 3.
GradientCase gradient(std::string name, Activation activation, bool normalized, bool moments, double beta = 0,
                      bool residual = false) {
    const Shape channels{3};
    const auto of = [normalized](double low, double high) {
        return TensorSpec{{3}, low, high, {}, normalized};
    };
    return {
        std::move(name),
        {{{2, 3, 4, 3}},
         of(-0.2, 0.2),
         of(0.5, 2),
         of(0.5, 1.5),
         of(beta - 0.5, beta + 0.5),
         {{3, 1, 3, 3}},
         {{2, 3}},
         {{2}},
         {{2, 3, 4, 3}, -0.5, 0.5, {}, residual}},
        [activation, moments, residual](const Tensors& in) {
            const DeferredNormalize norm{in[1], in[2], in[3], in[4], {1e-3, activation}, in[8]};
            const auto [y, of_y, a] = separable_conv2d(in[0], norm, in[5], in[6], in[7], {moments, residual});
            Tensors results{y};
            if (moments) results = {y, of_y.mean, of_y.variance};
            if (residual) results.push_back(a);
            return results;
        }};
}

}  // namespace

OpCases separable_conv2d_cases() {
    using enum Activation;
    OpCases result;
    const Variant plain{}, first{.moments = true}, inner{.normalized = true, .moments = true};
    add(result.passes, "no image", {0, 4, 4, 3}, 2, plain);
    add(result.passes, "one pixel", {1, 1, 1, 1}, 1, inner);
    add(result.passes, "plain", {2, 7, 5, 16}, 16, plain);
    add(result.passes, "no bias", {2, 5, 6, 8}, 12, {.moments = true, .bias = false});
    add(result.passes, "moments", {3, 6, 9, 37}, 5, first);
    add(result.passes, "normalized, no moments", {2, 8, 8, 20}, 33, {.normalized = true});
    for (const Activation activation : {none, relu, gelu})
        add(result.passes, to_text("normalized, ", activation), {3, 9, 11, 19}, 24,
            {.normalized = true, .moments = true, .activation = activation});
    for (const Activation activation : {none, relu, gelu})
        add(result.passes, to_text("residual, kept, ", activation), {3, 9, 11, 19}, 24,
            {.normalized = true, .moments = true, .activation = activation, .residual = true, .kept = true});
    add(result.passes, "kept", {2, 8, 6, 16}, 8, {.normalized = true, .kept = true});
    add(result.passes, "residual", {2, 8, 6, 16}, 8,
        {.normalized = true, .activation = none, .residual = true});
    add(result.passes, "exact", {2, 8, 6, 16}, 8, {.normalized = true, .moments = true, .exact = true});
    // More than one pixel a strip, a strip of many rows, more images than tasks.
    add(result.passes, "wide", {1, 3, 70, 16}, 16, inner);
    add(result.passes, "narrow", {2, 70, 1, 16}, 16, inner);
    add(result.passes, "many images", {19, 4, 5, 16}, 32, inner);
    // On a GPU: more tiles than blocks, which then take several; gradients of weights beyond shared memory.
    add(result.passes, "many tiles", {270, 1, 4, 16}, 8, inner);
    add(result.passes, "many outputs", {1, 3, 5, 8}, 320,
        {.normalized = true, .moments = true, .residual = true, .kept = true});
    add(result.passes, "64-64, first", {64, 32, 32, 64}, 64, first, true);
    add(result.passes, "64-64", {64, 32, 32, 64}, 64, inner, true);
    add(result.passes, "64-64, residual", {64, 32, 32, 64}, 64,
        {.normalized = true, .moments = true, .activation = none, .residual = true, .kept = true}, true);
    add(result.passes, "64-128", {64, 32, 32, 64}, 128, first, true);
    add(result.passes, "128-128", {64, 32, 32, 128}, 128, inner, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<PassCase> some;
        const Shape image{draw(1, 4), draw(1, 12), draw(1, 40), draw(1, 70)};
        Variant kind{draw(0, 1) == 1, draw(0, 1) == 1, draw(0, 1) == 1, draw(0, 1) == 1 ? relu : none};
        kind.residual = draw(0, 1) == 1 && kind.normalized;
        kind.kept = draw(0, 1) == 1 && kind.normalized;
        add(some, "random", image, draw(1, 70), kind);
        return some;
    };
    result.gradients = {gradient("plain", none, false, false),
                        gradient("moments", none, false, true),
                        gradient("normalized", none, true, false),
                        gradient("gelu, moments", gelu, true, true),
                        gradient("relu above 0", relu, true, true, 8),
                        gradient("relu below 0", relu, true, true, -8),
                        gradient("residual", none, true, true, 0, true),
                        gradient("residual, gelu", gelu, true, false, 0, true)};
    const auto call = [](const Shape& image, const Shape& depthwise, const Shape& pointwise,
                         const Tensor& bias = {}, const DeferredNormalize& norm = {},
                         const SeparableConv2dKeeps& keep = {}) {
        return [=] {
            separable_conv2d(Tensor::zeros(image), norm, Tensor::zeros(depthwise), Tensor::zeros(pointwise),
                             bias, keep);
        };
    };
    const Tensor three = Tensor::zeros({3});
    result.errors = {
        {"rank", call({4, 4, 3}, {3, 1, 3, 3}, {2, 3}),
         "[separable_conv2d] the input must be (N, H, W, C), got (4,4,3)"},
        {"depthwise weight", call({1, 4, 4, 3}, {3, 1, 5, 5}, {2, 3}),
         "[separable_conv2d] the depthwise weight is (3,1,5,5), expected (C, 1, 3, 3) = (3,1,3,3) (input "
         "(1,4,4,3))"},
        {"pointwise weight", call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 4}),
         "[separable_conv2d] the pointwise weight is (2,4), expected (O, C) with C = 3 (input (1,4,4,3))"},
        {"bias", call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, three),
         "[separable_conv2d] bias is (3), expected (O) = (2)"},
        {"types differ", call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, Tensor::zeros({2}, DType::float64)),
         "[separable_conv2d] input, weights and bias must be of one floating-point type, got float32 and "
         "float64"},
        {"gamma", call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, {}, {three, three, Tensor::zeros({2}), three, {}}),
         "[separable_conv2d] gamma is float32 (2) on cpu, expected float32 (C) = (3) (input float32 "
         "(1,4,4,3) on "
         "cpu)"},
        {"moments of nothing", call({0, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, {}, {}, {.moments = true}),
         "[separable_conv2d] mean and variance need at least one row, the input is (0,4,4,3)"},
        {"residual",
         call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, {},
              {three, three, three, three, {}, Tensor::zeros({4, 3})}),
         "[separable_conv2d] the residual is float32 (4,3) on cpu, expected what the input is, float32 "
         "(1,4,4,3) on cpu"},
        {"residual of nothing",
         call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, {}, {{}, {}, {}, {}, {}, Tensor::zeros({1, 4, 4, 3})}),
         "[separable_conv2d] a residual needs a normalisation"},
        {"kept as it is", call({1, 4, 4, 3}, {3, 1, 3, 3}, {2, 3}, {}, {}, {.input = true}),
         "[separable_conv2d] an input that is not normalised is not kept"},
    };
    std::vector<PassCase> small;
    add(small, "float32", {1, 4, 4, 3}, 2, inner);
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "separable_conv2d=ref", "ref"});
        result.dispatch.push_back({pass, DType::float32, "cpu_bf16", "cpu_bf16"});
    }
    return result;
}

}  // namespace tern::cases
