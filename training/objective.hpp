// What training makes small, and what is counted on the way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tern/core/tensor.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"

namespace tern {

/// The mean over a batch, a scalar, of a model's output and the batch's target. Differentiable in the output.
using Loss = std::function<Tensor(const Tensor& output, const Tensor& target)>;

/// softmax_cross_entropy() of logits (N, K) and labels (N), or probabilities (N, K), which are rounded to the type of the
/// logits.
Loss cross_entropy_loss(double label_smoothing = 0);
/// Of numbers of one shape: binary_cross_entropy_with_logits(), mse_loss(), l1_loss(), smooth_l1_loss().
Loss binary_cross_entropy_loss();
Loss mean_squared_error_loss();
Loss mean_absolute_error_loss();
Loss smooth_mean_absolute_error_loss(double beta = 1);

/// A number for each log line, beside the loss.
struct Metric {
    std::string name;  // of its columns: train_NAME, test_NAME
    bool higher_is_better = true;
    /// total += {sum over the samples of a batch, samples}. total: (2) float64, where the output is.
    std::function<void(const Tensor& total, const Tensor& output, const Tensor& target)> add = {};
};

/// "accuracy": the share of samples whose label has the largest logit. output: (N, K); target: (N) int32.
Metric accuracy();
/// "top_K_accuracy": the share of samples whose label is among the `k` largest logits.
Metric top_k_accuracy(std::int64_t k);
/// "mean_absolute_error": of numbers of one shape.
Metric mean_absolute_error();
/// One of your own, from its mean over a batch.
Metric mean_metric(std::string name, bool higher_is_better, Loss mean);

}  // namespace tern
