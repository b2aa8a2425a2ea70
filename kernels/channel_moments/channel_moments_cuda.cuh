// The moments pass on CUDA, for this operation and those that begin with it.
#pragma once

#include "tern/kernels/op.hpp"
#include "tern/kernels/visit_cuda.cuh"

namespace tern::channel_moments_passes {

/// The operation's forward pass: x to mean and variance.
void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream);

}  // namespace tern::channel_moments_passes
