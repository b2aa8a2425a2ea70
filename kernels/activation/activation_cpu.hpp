// Activations of a run of floats: for this operation and for those that activate a piece of their output while
// it is in the cache.
#pragma once

#include "tern/kernels/activation/activation.hpp"

namespace tern {

/// y = activation(x); x and y: (count), may be the same memory.
void activate_cpu(const ActivationParams& params, const float* x, float* y, std::int64_t count);
/// dx = dy * activation'(x); x, dy and dx: (count), dx may be the memory of x or dy.
void activation_gradient_cpu(const ActivationParams& params, const float* x, const float* dy, float* dx,
                             std::int64_t count);

}  // namespace tern
