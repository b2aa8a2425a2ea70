// Gradients whose norm has an upper limit (Pascanu, Mikolov, Bengio: "On the difficulty of training recurrent neural
// networks", 2013).
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// What `gradients` must be multiplied with so that all of them together have a norm of at most `largest`, as PyTorch's
/// clip_grad_norm_ has it: min(1, largest / (norm + 1e-6)), a float32 scalar. With `factor` (float32 scalar, see
/// update_loss_scale) the gradients are these times the factor, which is in the result, too; where it is 0 that is 0.
/// NaN where the norm is not finite otherwise. Nothing is read back from the device.
Tensor clip_factor(const Tensor& gradients, double largest, const Tensor& factor = {});

}  // namespace tern
