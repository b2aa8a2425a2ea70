// The loss of a classifier: softmax and cross-entropy in one.
#pragma once

#include <cstdint>
#include <optional>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/loss_reduction.hpp"

namespace tern {

struct SoftmaxCrossEntropyParams {
    double label_smoothing = 0;
};

/// The mean over n of -sum over k of t[n,k] log_softmax(logits)[n,k], where t is 1 - s at the label plus s /
/// K at every class, s the label smoothing in [0, 1] (as PyTorch defines it; Szegedy et al., "Rethinking the
/// Inception architecture", 2016).
/// logits: (N, K), N and K at least 1; labels: (N) int32 in [0, K). Returns a scalar: float32 for logits of
/// 16 bits, else of their type. Differentiable in the logits. Throws Error for a label outside [0, K) that is
/// on the CPU. Looking at labels on a GPU would stop the stream: there such a label makes the loss, and the
/// gradient of its row, NaN.
Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels, double label_smoothing = 0);

struct CrossEntropyOptions {
    double label_smoothing = 0;
    Tensor weight = {};                             // (K), of each class
    std::optional<std::int32_t> ignore_index = {};  // rows of this label have no loss and no gradient
    LossReduction reduction = LossReduction::mean;
};

/// With the options of PyTorch's cross_entropy. The loss of row n is
///   -sum over k of w[k] t[n,k] log_softmax(logits)[n,k],
/// w the weight (1 where it is undefined), t as above, or (1 - s) targets + s / K for targets that are
/// probabilities. Returns the losses (N), their sum, or their mean: the sum over the sum of the weights of the
/// labels that are not ignored (NaN where that is 0, as all are ignored), over N for probabilities.
/// logits: as above; targets: (N) int32 in [0, K) or ignore_index, or probabilities (N, K) of the logits' type,
/// which are taken as they are; weight: (K), float32 for logits of 16 bits, else of their type. Differentiable
/// in the logits alone: throws Error for targets and a weight that require a gradient, for an ignore_index
/// beside probabilities, and otherwise as above.
Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options);

}  // namespace tern
