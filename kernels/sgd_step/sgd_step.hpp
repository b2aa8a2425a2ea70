// One step of stochastic gradient descent with momentum on flat buffers.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct SgdParams {
    double momentum = 0;
    double weight_decay = 0;  // L2: through the gradient
    bool nesterov = false;
};

/// In place, as PyTorch defines it (no dampening):
///   g = gradient_factor * g, where one is given; if it is 0 nothing changes
///   g = g + decay * mask * w
///   b = momentum * b + g;   g = b, or with Nesterov g + momentum * b      (where a buffer b is given)
///   w = w - learning_rate * g
/// weights, buffer, gradient: one shape, one type, float32 or float64; buffer starts at zero and is undefined
/// exactly where the momentum is 0. learning_rate: float64 scalar, gradient_factor: float32 scalar or
/// undefined for 1 (see update_loss_scale), on the same device. decay_mask: as the weights, 1 where they decay and 0
/// where they do not, or undefined for 1.
void sgd_step(const Tensor& weights, const Tensor& buffer, const Tensor& gradient,
              const Tensor& learning_rate, const SgdParams& params, const Tensor& gradient_factor = {},
              const Tensor& decay_mask = {});

}  // namespace tern
