// The loss of a classifier: softmax and cross-entropy in one.
#pragma once

#include "tern/core/tensor.hpp"

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

}  // namespace tern
