// Softmax and its logarithm over the last dimension.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct SoftmaxParams {
    bool logarithm = false;
};

/// y[r,k] = exp(x[r,k]) / sum over j of exp(x[r,j]), computed on x - max(x[r,:]) so that nothing overflows.
/// input: (..., K) of a floating-point type. Differentiable.
Tensor softmax(const Tensor& input);

/// The logarithm of softmax, without the loss of small probabilities to rounding.
Tensor log_softmax(const Tensor& input);

}  // namespace tern
