#include "tern/training/objective.hpp"

#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/metrics/metrics.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace tern {
namespace {

// A 16-bit output meets its target in the type that is computed in.
template <class F>
Loss elementwise(F loss) {
    return [loss](const Tensor& output, const Tensor& target) {
        return loss(cast(output, target.dtype()), target);
    };
}

}  // namespace

Loss cross_entropy_loss(double label_smoothing) {
    return [label_smoothing](const Tensor& output, const Tensor& target) {
        if (!is_floating(target.dtype())) return softmax_cross_entropy(output, target, label_smoothing);
        return softmax_cross_entropy(output, cast(target, output.dtype()),
                                     CrossEntropyOptions{.label_smoothing = label_smoothing});
    };
}

Loss binary_cross_entropy_loss() {
    return elementwise(
        [](const Tensor& x, const Tensor& t) { return binary_cross_entropy_with_logits(x, t); });
}

Loss mean_squared_error_loss() {
    return elementwise([](const Tensor& x, const Tensor& t) { return mse_loss(x, t); });
}

Loss mean_absolute_error_loss() {
    return elementwise([](const Tensor& x, const Tensor& t) { return l1_loss(x, t); });
}

Loss smooth_mean_absolute_error_loss(double beta) {
    return elementwise([beta](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, beta); });
}

Metric accuracy() {
    return {"accuracy", true, [](const Tensor& total, const Tensor& output, const Tensor& target) {
                accumulate_correct(total, output, target);
            }};
}

Metric top_k_accuracy(std::int64_t k) {
    TERN_CHECK(k >= 1, "top_k_accuracy", "k must be at least 1, got ", k);
    return {to_text("top_", k, "_accuracy"), true,
            [k](const Tensor& total, const Tensor& output, const Tensor& target) {
                accumulate_correct(total, output, target, k);
            }};
}

Metric mean_absolute_error() { return mean_metric("mean_absolute_error", false, mean_absolute_error_loss()); }

Metric mean_metric(std::string name, bool higher_is_better, Loss mean) {
    return {std::move(name), higher_is_better,
            [mean = std::move(mean)](const Tensor& total, const Tensor& output, const Tensor& target) {
                const NoGrad no_grad;
                accumulate_mean(total, mean(output, target), output.dim(0));
            }};
}

}  // namespace tern
