// One step of RMSprop (Tieleman, Hinton: "Lecture 6.5: rmsprop", 2012) on flat buffers.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct RmspropParams {
    double alpha = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;
    double weight_decay = 0;  // L2: through the gradient
};

/// In place, as PyTorch defines it, not centered:
///   g = gradient_factor * g, where one is given; if it is 0 nothing changes
///   g = g + decay * mask * w
///   v = alpha * v + (1 - alpha) * g^2;   g = g / (sqrt(v) + epsilon)
///   b = momentum * b + g;   g = b        (where a buffer b is given)
///   w = w - learning_rate * g
/// weights, square, buffer, gradient: one shape, one type, float32 or float64; square and buffer start at zero, and
/// buffer is undefined exactly where the momentum is 0. learning_rate: float64 scalar, gradient_factor: float32
/// scalar or undefined for 1 (see update_loss_scale), on the same device. decay_mask: as the weights, 1 where they
/// decay and 0 where they do not, or undefined for 1.
void rmsprop_step(const Tensor& weights, const Tensor& square, const Tensor& buffer, const Tensor& gradient,
                  const Tensor& learning_rate, const RmspropParams& params,
                  const Tensor& gradient_factor = {}, const Tensor& decay_mask = {});

}  // namespace tern
