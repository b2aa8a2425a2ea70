#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

#include <cmath>

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::cases {
namespace {

using namespace softmax_cross_entropy_passes;

constexpr double kRange = 5;  // logits in [-kRange, kRange]

std::vector<PassCase> passes(const std::string& name, std::int64_t rows, std::int64_t classes,
                             double smoothing, bool benchmark = false) {
    const SoftmaxCrossEntropyParams params{smoothing};
    const TensorSpec x{{rows, classes}, -kRange, kRange};
    const TensorSpec labels{{rows}, 0, static_cast<double>(classes - 1), DType::int32};
    const TensorSpec loss{{}, 0.5, 2, DType::float32};
    const auto n = static_cast<double>(rows), k = static_cast<double>(classes);
    // A row rounds numbers of the size of its logits and their logarithm; sums of K and N terms add sqrt.
    const double roundings = 8 + 4 * std::sqrt(k) + 4 * std::sqrt(n), size = 2 * kRange + std::log(k);
    return {case_of<Forward>(name, params, {.logits = x, .labels = labels}, {.loss = loss},
                             {.loss = Bound::relative(roundings, size)}, {.benchmark = benchmark}),
            // |softmax - t| <= 1, softmax itself is off by up to roundings + size, relatively
            case_of<Backward>(name, params, {.logits = x, .labels = labels, .dloss = loss}, {.dlogits = x},
                              {.dlogits = Bound::relative(8 + 4 * std::sqrt(k) + size, loss.high / n)},
                              {.benchmark = benchmark})};
}

void append(std::vector<PassCase>& all, std::vector<PassCase> more) {
    for (PassCase& one : more) all.push_back(std::move(one));
}

GradientCase gradient(std::string name, double smoothing) {
    return {std::move(name), {{{5, 4}, -2, 2}, {{5}, 0, 3, DType::int32}}, [smoothing](const Tensors& in) {
                return Tensors{softmax_cross_entropy(in[0], in[1], smoothing)};
            }};
}

ErrorCase error(std::string name, const Shape& logits, const Tensor& labels, double smoothing,
                std::string message) {
    return {std::move(name), [=] { softmax_cross_entropy(Tensor::zeros(logits), labels, smoothing); },
            "[softmax_cross_entropy] " + message};
}

}  // namespace

OpCases softmax_cross_entropy_cases() {
    OpCases result;
    append(result.passes, passes("one", 1, 1, 0));
    append(result.passes, passes("one image", 1, 10, 0));
    append(result.passes, passes("smoothed", 16, 10, 0.1));
    append(result.passes, passes("uniform target", 3, 7, 1));
    append(result.passes, passes("batch", 64, 10, 0));
    append(result.passes, passes("several chunks", 1001, 13, 0.2));
    append(result.passes, passes("1000 classes", 4096, 1000, 0.1, true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        return passes("random", draw(1, 70), draw(1, 40), draw(0, 1) == 0 ? 0 : 0.15);
    };
    result.gradients = {gradient("plain", 0), gradient("smoothed", 0.1)};
    const Tensor labels = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{1, 3});
    const Tensor negative = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{-1, 0});
    result.errors = {
        error("label too large", {2, 3}, labels, 0, "label 3 of row 1 is outside [0, 3)"),
        error("label negative", {2, 3}, negative, 0, "label -1 of row 0 is outside [0, 3)"),
        error("rank", {6}, labels, 0, "logits must be (N, K) with N and K at least 1, got (6)"),
        error("empty batch", {0, 3}, labels, 0, "logits must be (N, K) with N and K at least 1, got (0,3)"),
        error("labels' shape", {4, 5}, labels, 0,
              "labels are int32 (2), expected int32 (N) = (4) (logits (4,5))"),
        error("labels' type", {2, 5}, Tensor::zeros({2}), 0,
              "labels are float32 (2), expected int32 (N) = (2) (logits (2,5))"),
        error("smoothing", {2, 5}, labels, 1.5, "label smoothing must be in [0, 1], got 1.5"),
        error("smoothing is not a number", {2, 5}, labels, std::nan(""),
              "label smoothing must be in [0, 1], got nan"),
        {"integers",
         [labels] {
             softmax_cross_entropy(Tensor::zeros({2, 5}, DType::int64), labels);
         },
         "[softmax_cross_entropy] logits must be of a floating-point type, got int64"},
    };
    for (const PassCase& pass : passes("float32", 2, 3, 0)) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::bfloat16, "auto", "cpu"});
        result.dispatch.push_back({pass, DType::float32, "softmax_cross_entropy=ref", "ref"});
    }
    return result;
}

}  // namespace tern::cases
