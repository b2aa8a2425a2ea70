#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace tern::softmax_cross_entropy_passes {

struct Forward {
    const SoftmaxCrossEntropyParams& params;
    const Tensor& logits;  // (N, K)
    const Tensor& labels;  // (N) int32
    const Tensor& loss;    // a scalar: float32 for logits of 16 bits, else of their type
    TERN_PASS(Forward, softmax_cross_entropy, forward, (logits, labels), (loss))

    double flops() const { return 4.0 * static_cast<double>(logits.numel()); }
};

struct Backward {
    const SoftmaxCrossEntropyParams& params;
    const Tensor& logits;   // (N, K)
    const Tensor& labels;   // (N) int32
    const Tensor& dloss;    // as loss
    const Tensor& dlogits;  // as logits
    TERN_PASS(Backward, softmax_cross_entropy, backward, (logits, labels, dloss), (dlogits))

    double flops() const { return 4.0 * static_cast<double>(logits.numel()); }
};

}  // namespace tern::softmax_cross_entropy_passes
