// The moments pass, for this operation and those that begin with it.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// x: (..., C); mean and variance: (C); all float32, at least one row. Reads x once.
void channel_moments_cpu(const Tensor& x, const Tensor& mean, const Tensor& variance);

}  // namespace tern
