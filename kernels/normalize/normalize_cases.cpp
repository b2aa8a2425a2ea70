#include "tern/kernels/normalize/normalize.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::cases {
namespace {

using namespace normalize_passes;

// With the ranges below |z| < 5, |dz| < 1.2 (the slope of gelu and its like), and every product of dz with
// (x - mean) and what multiplies the sums is below 4.
constexpr double kLargest = 5;

void add(std::vector<PassCase>& all, const std::string& name, const Shape& shape, Activation activation,
         bool residual, bool benchmark = false) {
    const NormalizeParams params{1e-3, activation};
    const Shape channels{shape[-1]};
    const TensorSpec x{shape}, mean{channels, -0.2, 0.2, DType::float32};
    const TensorSpec variance{channels, 0.5, 2, DType::float32}, gamma{channels, 0.5, 1.5, DType::float32};
    const TensorSpec beta{channels, -1, 1, DType::float32};
    TensorSpec added = x;
    added.defined = residual;
    const auto rows = static_cast<double>(rows_of(shape));
    const Bound element = Bound::relative(16, kLargest);
    const Bound sum = Bound::relative(4 * std::sqrt(rows) + 16, 4 * rows);
    all.push_back(case_of<Forward>(
        name, params,
        {.x = x, .mean = mean, .variance = variance, .gamma = gamma, .beta = beta, .residual = added},
        {.y = x}, {.y = element}, {.benchmark = benchmark}));
    all.push_back(case_of<BackwardReduce>(
        name, params,
        {.x = x,
         .mean = mean,
         .variance = variance,
         .gamma = gamma,
         .beta = beta,
         .residual = added,
         .dy = x},
        {.dgamma = gamma, .dbeta = beta, .dmean = mean, .dvariance = variance},
        {.dgamma = sum, .dbeta = sum, .dmean = sum, .dvariance = sum}, {.benchmark = benchmark}));
    all.push_back(case_of<BackwardInput>(name, params,
                                         {.x = x,
                                          .mean = mean,
                                          .variance = variance,
                                          .gamma = gamma,
                                          .beta = beta,
                                          .residual = added,
                                          .dy = x},
                                         {.dx = x, .dresidual = added}, {.dx = element, .dresidual = element},
                                         {.benchmark = benchmark}));
}

// beta decides on which side of relu's kink all elements are.
GradientCase gradient(std::string name, Activation activation, bool residual, double beta = 0) {
    const Shape shape{2, 3, 2, 3}, channels{3};
    return {std::move(name),
            {{shape},
             {channels, -0.2, 0.2},
             {channels, 0.5, 2},
             {channels, 0.5, 1.5},
             {channels, beta - 0.5, beta + 0.5},
             {.shape = shape, .defined = residual}},
            [activation](const Tensors& in) {
                return Tensors{normalize(in[0], in[1], in[2], in[3], in[4], {1e-3, activation}, in[5])};
            }};
}

ErrorCase error(std::string name, const Shape& input, const Shape& channels, const Tensor& residual,
                double epsilon, std::string message) {
    return {std::move(name),
            [=] {
                const Tensor mean = Tensor::zeros({input[-1]}), gamma = Tensor::zeros(channels);
                normalize(Tensor::zeros(input), mean, mean, gamma, mean, {epsilon}, residual);
            },
            "[normalize] " + message};
}

}  // namespace

OpCases normalize_cases() {
    using enum Activation;
    OpCases result;
    add(result.passes, "no row", {0, 4, 3}, relu, true);
    add(result.passes, "no channel", {3, 0}, relu, false);
    add(result.passes, "one", {1}, none, false);
    for (const Activation activation : {none, relu, relu6, leaky_relu, gelu, silu}) {
        add(result.passes, to_text("odd, ", activation), {3, 5, 7, 37}, activation, false);
        add(result.passes, to_text("residual, ", activation), {2, 7, 5, 16}, activation, true);
    }
    add(result.passes, "many channels", {3, 4, 600}, relu, true);
    add(result.passes, "several chunks", {2500, 64}, relu, false);
    add(result.passes, "64, relu", {64, 32, 32, 64}, relu, false, true);
    add(result.passes, "64, residual", {64, 32, 32, 64}, none, true, true);
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
                        gradient("relu above 0", relu, true, 5), gradient("relu below 0", relu, true, -5)};
    result.errors = {
        error("gamma's shape", {2, 4, 4, 3}, {4}, {}, 1e-3,
              "gamma is float32 (4) on cpu, expected float32 (C) = (3) (input float32 (2,4,4,3) on cpu)"),
        error("residual", {2, 3}, {3}, Tensor::zeros({3, 2}), 1e-3,
              "the residual is float32 (3,2) on cpu, expected what the input is, float32 (2,3) on cpu"),
        error("epsilon", {2, 3}, {3}, {}, -1, "epsilon must not be negative, got -1"),
        error("epsilon is not a number", {2, 3}, {3}, {}, std::nan(""),
              "epsilon must not be negative, got nan"),
        {"type of the variance",
         [] {
             const Tensor vector = Tensor::zeros({3});
             normalize(Tensor::zeros({2, 3}), vector, Tensor::zeros({3}, DType::float64), vector, vector);
         },
         "[normalize] variance is float64 (3) on cpu, expected float32 (C) = (3) (input float32 (2,3) on "
         "cpu)"},
        {"integers",
         [] {
             const Tensor vector = Tensor::zeros({3});
             normalize(Tensor::zeros({2, 3}, DType::uint8), vector, vector, vector, vector);
         },
         "[normalize] the input must be (..., C) of a floating-point type, got uint8 (2,3) on cpu"},
    };
    std::vector<PassCase> small;
    add(small, "float32", {4, 3}, relu, true);
    for (const PassCase& pass : small) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "normalize=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
