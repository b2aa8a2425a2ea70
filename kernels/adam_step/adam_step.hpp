// One step of Adam (Kingma, Ba: "Adam: a method for stochastic optimization", 2015) or AdamW (Loshchilov,
// Hutter: "Decoupled weight decay regularization", 2019) on flat buffers.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct AdamParams {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
    bool decoupled = false;  // AdamW: the decay acts on the weights alone, not through the moments
};

/// In place, with t the number of this step, in the order in which PyTorch rounds:
///   g = gradient_factor * g, where one is given; if it is 0 nothing changes, t neither
///   t = step + 1
///   coupled: g = g + decay * mask * w    decoupled: w = w - learning_rate * decay * mask * w
///   m = m + (1 - beta1) * (g - m)        v = beta2 * v + (1 - beta2) * g^2
///   w = w - learning_rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// weights, moment1, moment2, gradient: one shape, one type, float32 or float64. step: int64 scalar, the
/// steps done before; becomes t. learning_rate: float64 scalar. gradient_factor: float32 scalar, or undefined
/// for 1; see update_loss_scale. decay_mask: as the weights, 1 where they decay and 0 where they do not, or undefined
/// for 1. They lie on the device, so that a recorded step of device work reads new
/// values each time it runs.
void adam_step(const Tensor& weights, const Tensor& moment1, const Tensor& moment2, const Tensor& step,
               const Tensor& gradient, const Tensor& learning_rate, const AdamParams& params,
               const Tensor& gradient_factor = {}, const Tensor& decay_mask = {});

}  // namespace tern
