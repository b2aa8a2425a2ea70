#include "tern/kernels/batch_norm/batch_norm.hpp"

#include <cmath>

#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::cases {
namespace {

using namespace batch_norm_passes;

// Large, because a channel of a few rows may have next to no variance: 1 / sqrt(variance + epsilon) < 4.5 is
// the factor that the error of the mean is scaled by.
constexpr double kEpsilon = 0.05;

// With the ranges below gamma / sqrt(variance + epsilon) |x - mean| < 11 in any case.
constexpr double kLargest = 14;

void add(std::vector<PassCase>& all, const std::string& name, const Shape& shape, Activation activation,
         bool residual, bool benchmark = false) {
    const NormalizeParams params{kEpsilon, activation};
    const Shape channels{shape[-1]};
    const TensorSpec x{shape}, mean{channels, -0.2, 0.2, DType::float32};
    const TensorSpec variance{channels, 0.5, 2, DType::float32}, gamma{channels, 0.5, 1.5, DType::float32};
    const TensorSpec beta{channels, -1, 1, DType::float32};
    TensorSpec added = x, unused = mean;
    added.defined = residual;
    unused.defined = false;
    const auto rows = static_cast<double>(rows_of(shape));
    // M additions in every sum; the sums of the backward pass have terms of up to 4.
    const double roundings = 4 * std::sqrt(rows) + 16;
    const Bound moment = Bound::relative(roundings, 1), element = Bound::relative(roundings, kLargest);
    const Bound sum = Bound::relative(roundings, 4 * rows);
    all.push_back(case_of<Forward>(name, params, {.x = x, .gamma = gamma, .beta = beta, .residual = added},
                                   {.y = x, .mean = mean, .variance = mean},
                                   {.y = element, .mean = moment, .variance = moment},
                                   {.benchmark = benchmark}));
    InputSpecs<Backward> inputs{.x = x,
                                .mean = mean,
                                .variance = variance,
                                .gamma = gamma,
                                .beta = beta,
                                .residual = added,
                                .dy = x,
                                .dmean = unused,
                                .dvariance = unused};
    const OutputSpecs<Backward> outputs{.dx = x, .dgamma = gamma, .dbeta = beta, .dresidual = added};
    const OutputBounds<Backward> bounds{
        .dx = element, .dgamma = sum, .dbeta = sum, .dresidual = Bound::relative(16, kLargest)};
    all.push_back(case_of<Backward>(name, params, inputs, outputs, bounds, {.benchmark = benchmark}));
    if (benchmark) return;
    inputs.dmean = mean;
    inputs.dvariance = variance;
    all.push_back(case_of<Backward>(name + ", moments used", params, inputs, outputs, bounds));
}

// beta decides on which side of relu's kink all elements are: |gamma xhat| < 1.5 sqrt(12 rows) < 6.
GradientCase gradient(std::string name, Activation activation, bool residual, double beta = 0) {
    const Shape shape{2, 3, 2, 3}, channels{3};
    return {
        std::move(name),
        {{shape},
         {channels, 0.5, 1.5},
         {channels, beta - 0.5, beta + 0.5},
         {.shape = shape, .defined = residual}},
        [activation](const Tensors& in) {
            const auto [output, mean, variance] = batch_norm(in[0], in[1], in[2], {1e-3, activation}, in[3]);
            return Tensors{output, mean, variance};
        }};
}

}  // namespace

OpCases batch_norm_cases() {
    using enum Activation;
    OpCases result;
    add(result.passes, "no channel", {3, 0}, relu, false);
    add(result.passes, "one", {1}, none, false);
    add(result.passes, "one row", {1, 1, 1, 19}, relu, true);
    for (const Activation activation : {none, relu, relu6, leaky_relu, gelu, silu}) {
        add(result.passes, to_text("odd, ", activation), {3, 5, 7, 37}, activation, false);
        add(result.passes, to_text("residual, ", activation), {2, 7, 5, 16}, activation, true);
    }
    add(result.passes, "many channels", {3, 4, 600}, relu, true);
    add(result.passes, "several chunks", {2500, 64}, relu, false);
    // The CUDA kernels, whose every form of walk has one tile per block elsewhere: 14 tiles of 32 rows for 13
    // blocks.
    add(result.passes, "several tiles", {417, 577}, relu, true);
    add(result.passes, "64, relu", {64, 32, 32, 64}, relu, false, true);
    add(result.passes, "64, none", {64, 32, 32, 64}, none, false, true);
    add(result.passes, "128, relu", {64, 32, 32, 128}, relu, false, true);
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<PassCase> some;
        const Shape shape{draw(1, 9), draw(1, 40), draw(1, 150)};
        add(some, "random", shape, draw(0, 1) == 0 ? none : relu, draw(0, 1) == 0);
        return some;
    };
    result.gradients = {gradient("plain", none, false),          gradient("residual", none, true),
                        gradient("gelu", gelu, false),           gradient("silu, residual", silu, true),
                        gradient("relu above 0", relu, true, 8), gradient("relu below 0", relu, true, -8)};
    result.errors = {
        {"no row",
         [] {
             const Tensor vector = Tensor::zeros({3});
             batch_norm(Tensor::zeros({0, 4, 4, 3}), vector, vector);
         },
         "[batch_norm] at least one row is needed, the input is (0,4,4,3)"},
        {"beta's shape",
         [] {
             batch_norm(Tensor::zeros({2, 3}), Tensor::zeros({3}), Tensor::zeros({1, 3}));
         },
         "[batch_norm] beta is float32 (1,3) on cpu, expected float32 (C) = (3) (input float32 (2,3) on "
         "cpu)"},
        {"16-bit gamma",
         [] {
             const Tensor vector = Tensor::zeros({3}, DType::bfloat16);
             batch_norm(Tensor::zeros({2, 3}, DType::bfloat16), vector, vector);
         },
         "[batch_norm] gamma is bfloat16 (3) on cpu, expected float32 (C) = (3) (input bfloat16 (2,3) on "
         "cpu)"},
    };
    std::vector<PassCase> small;
    add(small, "float32", {4, 3}, relu, true);
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "batch_norm=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
