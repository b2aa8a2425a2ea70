#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

#include <cmath>
#include <iterator>

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

struct RowsKind {
    const char* name;
    double smoothing;
    std::optional<std::int32_t> ignored;
    bool labels, weight;
};
constexpr RowsKind kRowsKinds[]{{"labels", 0, {}, true, false},
                                {"ignored", 0, 0, true, false},
                                {"weighted, ignored, smoothed", 0.2, 0, true, true},
                                {"probabilities", 0, {}, false, false},
                                {"probabilities, weighted, smoothed", 0.1, {}, false, true}};

std::vector<PassCase> row_passes(const std::string& name, std::int64_t rows, std::int64_t classes,
                                 const RowsKind& kind, bool benchmark = false) {
    constexpr double kHeaviest = 2;
    const RowsParams params{kind.smoothing, kind.ignored};
    const TensorSpec none{.shape = {}, .defined = false}, x{{rows, classes}, -kRange, kRange};
    const TensorSpec labels{{rows}, 0, static_cast<double>(classes - 1), DType::int32};
    const TensorSpec weights{{classes}, 0.5, kHeaviest, DType::float32};
    const TensorSpec label = kind.labels ? labels : none, weight = kind.weight ? weights : none;
    const TensorSpec probabilities = kind.labels ? none : TensorSpec{{rows, classes}, 0, 1};
    const TensorSpec loss{{rows}, 0.5, 2, DType::float32};
    // As above; what is wanted of a row adds up to 1, of these probabilities to K at most, times the weight.
    const auto k = static_cast<double>(classes);
    const double size = 2 * kRange + std::log(k), roundings = 12 + 8 * std::sqrt(k);
    const double wanted = (kind.labels ? 1 : k) * (kind.weight ? kHeaviest : 1);
    const std::string full = name + ", " + kind.name;
    return {
        case_of<RowsForward>(
            full, params, {.logits = x, .labels = label, .probabilities = probabilities, .weight = weight},
            {.losses = loss, .row_weights = loss},
            {.losses = Bound::relative(roundings, wanted * size), .row_weights = Bound::exact()},
            {.benchmark = benchmark}),
        case_of<RowsBackward>(
            full, params,
            {.logits = x, .labels = label, .probabilities = probabilities, .weight = weight, .dlosses = loss},
            {.dlogits = x}, {.dlogits = Bound::relative(roundings + size, loss.high * wanted)},
            {.benchmark = benchmark})};
}

GradientCase gradient(std::string name, double smoothing) {
    return {std::move(name), {{{5, 4}, -2, 2}, {{5}, 0, 3, DType::int32}}, [smoothing](const Tensors& in) {
                return Tensors{softmax_cross_entropy(in[0], in[1], smoothing)};
            }};
}

// For labels 0 to 3 of 5 rows, or probabilities.
GradientCase gradient(std::string name, bool labels, CrossEntropyOptions options) {
    return {std::move(name), {{{5, 4}, -2, 2}}, [labels, options](const Tensors& in) {
                const TensorSpec some_labels{{5}, 0, 3, DType::int32}, probabilities{{5, 4}, 0, 1};
                const Tensor targets = make_tensor(labels ? some_labels : probabilities, DType::float64, 5);
                return Tensors{softmax_cross_entropy(in[0], targets, options)};
            }};
}

ErrorCase error(std::string name, const Tensor& targets, CrossEntropyOptions options, std::string message) {
    return {std::move(name),
            [=] {
                softmax_cross_entropy(Tensor::zeros({2, 3}), targets, options);
            },
            "[softmax_cross_entropy] " + message};
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
    for (const RowsKind& kind : kRowsKinds) {
        append(result.passes, row_passes("one", 1, 1, kind));
        append(result.passes, row_passes("odd", 17, 7, kind));
        append(result.passes, row_passes("several chunks", 335, 13, kind));
        append(result.passes, row_passes("long rows", 3, 1500, kind));
    }
    append(result.passes, row_passes("1000 classes", 4096, 1000, kRowsKinds[2], true));
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        std::vector<PassCase> some = passes("random", draw(1, 70), draw(1, 40), draw(0, 1) == 0 ? 0 : 0.15);
        append(some, row_passes("random", draw(1, 70), draw(1, 40),
                                kRowsKinds[draw(0, std::ssize(kRowsKinds) - 1)]));
        return some;
    };
    const Tensor weight = Tensor::from<double>({4}, std::vector<double>{0.5, 2, 0, 1.5});
    result.gradients = {
        gradient("plain", 0),
        gradient("smoothed", 0.1),
        gradient("weighted mean", true, {.label_smoothing = 0.1, .weight = weight}),
        gradient("ignored", true, {.ignore_index = 1}),
        gradient("ignored, weighted sum", true,
                 {.weight = weight, .ignore_index = 1, .reduction = LossReduction::sum}),
        gradient("rows", true, {.label_smoothing = 0.3, .reduction = LossReduction::none}),
        gradient("probabilities", false, {}),
        gradient("probabilities, weighted rows", false,
                 {.label_smoothing = 0.1, .weight = weight, .reduction = LossReduction::none}),
    };
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
        error("ignored label of another", negative, {.ignore_index = -2},
              "label -1 of row 0 is outside [0, 3)"),
        error("weight's shape", Tensor::zeros({2}, DType::int32), {.weight = Tensor::zeros({2})},
              "the weight is float32 (2) on cpu, expected float32 (C) = (3) (input float32 (2,3) on cpu)"),
        error("weight's gradient", Tensor::zeros({2}, DType::int32),
              {.weight = Tensor::zeros({3}).set_requires_grad(true)},
              "the weight requires a gradient, but the gradient reaches the logits alone: detach() it"),
        error("probabilities' gradient", Tensor::zeros({2, 3}).set_requires_grad(true), {},
              "the target requires a gradient, but the gradient reaches the logits alone: detach() it"),
        error("probabilities' shape", Tensor::zeros({3, 2}), {},
              "the target is float32 (3,2) on cpu, expected what the input is, float32 (2,3) on cpu"),
        error("ignored probabilities", Tensor::zeros({2, 3}), {.ignore_index = -100},
              "ignore_index goes with labels, and the targets are probabilities, got -100"),
        error("smoothing of options", Tensor::zeros({2}, DType::int32), {.label_smoothing = -0.5},
              "label smoothing must be in [0, 1], got -0.5"),
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
    for (const PassCase& pass : row_passes("float32", 2, 3, kRowsKinds[2])) {
        result.dispatch.push_back({pass});
        result.dispatch.push_back({pass, DType::float64, "auto", "ref"});
        result.dispatch.push_back({pass, DType::float16, "auto", "cpu"});
    }
    return result;
}

}  // namespace tern::cases
