// Mean and variance of every channel.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct Moments {
    Tensor mean, variance;  // (C) each
};

/// Over the M rows of the input (..., C): mean[c] = sum x / M and the biased variance[c] = sum (x - mean)^2 /
/// M. float32 for 16-bit inputs, else of the input's type. Throws Error unless there is at least one row.
/// Differentiable.
Moments channel_moments(const Tensor& input);

}  // namespace tern
