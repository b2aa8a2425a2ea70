#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"

#include <array>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"

namespace tern::cases {
namespace {

using namespace elementwise_loss_passes;

constexpr double kRange = 8;  // of logits; targets are in [0, 1]

// mse and l1 round the difference and a product. The others add terms of up to 2 kRange, with the library's
// functions within 1 ulp.
Bound value_bound(LossKind kind) {
    const bool cancels = kind == LossKind::smooth_l1 || kind == LossKind::binary_cross_entropy;
    return Bound::relative(6, cancels ? 2 * kRange : 0);
}

// A slope of the cross-entropy is the difference of two numbers up to 1.
Bound slope_bound(LossKind kind) {
    return Bound::relative(6, kind == LossKind::binary_cross_entropy ? 1 : 0);
}

std::vector<PassCase> passes(const std::string& name, const Shape& shape, bool benchmark = false) {
    std::vector<PassCase> all;
    for (const auto& [kind, text] : {std::pair{LossKind::mse, "mse"},
                                     {LossKind::l1, "l1"},
                                     {LossKind::smooth_l1, "smooth_l1"},
                                     {LossKind::binary_cross_entropy, "binary_cross_entropy"}}) {
        const ElementwiseLossParams params{kind, 2.5};
        const TensorSpec x{shape, -kRange, kRange}, target{shape, 0, 1};
        const TensorSpec loss{shape, -1, 1, DType::float32};
        const std::string full = name + ", " + text;
        all.push_back(case_of<Forward>(full, params, {.x = x, .target = target}, {.loss = loss},
                                       {.loss = value_bound(kind)}, {.benchmark = benchmark}));
        all.push_back(case_of<Backward>(full, params, {.x = x, .target = target, .dloss = loss}, {.dx = x},
                                        {.dx = slope_bound(kind)}, {.benchmark = benchmark}));
    }
    return all;
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

// `low` to `high`: of the prediction, away from kinks for targets in [0, 1].
GradientCase gradient(std::string name, double low, double high,
                      std::function<Tensor(const Tensor&, const Tensor&)> loss) {
    return {std::move(name),
            {{{3, 4}, low, high}, {{3, 4}, 0, 1}},
            [loss = std::move(loss)](const Tensors& in) { return Tensors{loss(in[0], in[1])}; }};
}

}  // namespace

OpCases elementwise_loss_cases() {
    OpCases result;
    append(result.passes, passes("empty", {0, 3}));
    append(result.passes, passes("scalar", {}));
    append(result.passes, passes("odd", {7, 13}));
    append(result.passes, passes("several chunks", {3, 11111}));
    append(result.passes, passes("batch", {4096, 1000}, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", {draw(0, 9), draw(1, 70)});
    };
    using enum LossReduction;
    const auto smooth = [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, 1.5, none); };
    result.gradients = {
        gradient("mse", -2, 2, [](const Tensor& x, const Tensor& t) { return mse_loss(x, t); }),
        gradient("l1 below", -2, -0.1, [](const Tensor& x, const Tensor& t) { return l1_loss(x, t, sum); }),
        gradient("l1 above", 1.1, 3, [](const Tensor& x, const Tensor& t) { return l1_loss(x, t, none); }),
        gradient("smooth l1 within", -0.3, 1.3, smooth),
        gradient("smooth l1 above", 2.6, 5, smooth),
        gradient("binary cross-entropy", -4, 4,
                 [](const Tensor& x, const Tensor& t) { return binary_cross_entropy_with_logits(x, t); }),
    };
    result.errors = {
        {"shapes",
         [] {
             mse_loss(Tensor::zeros({2, 3}), Tensor::zeros({3}));
         },
         "[mse_loss] the target is float32 (3) on cpu, expected what the input is, float32 (2,3) on cpu"},
        {"integers", [] { l1_loss(Tensor::zeros({2}, DType::int32), Tensor::zeros({2})); },
         "[l1_loss] the input must be of a floating-point type, got int32"},
        {"beta", [] { smooth_l1_loss(Tensor::zeros({2}), Tensor::zeros({2}), -1); },
         "[smooth_l1_loss] beta must be at least 0, got -1"},
        {"nothing", [] { mse_loss(Tensor::zeros({0}), Tensor::zeros({0})); },
         "[mean] there is none of no elements (input (0))"},
    };
    for (const PassCase& pass : passes("float32", {2, 3})) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
    }
    return result;
}

}  // namespace tern::cases
