// The passes of depthwise convolutions on CUDA, for this operation and those that are made of it.
#pragma once

#include "tern/kernels/op.hpp"
#include "tern/kernels/visit_cuda.cuh"

namespace tern::depthwise_conv2d_passes {

/// The operation's passes.
void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream);
void TERN_CUDA_PASS(backward_input)(const Problem& problem, const Stream& stream);
void TERN_CUDA_PASS(backward_weight)(const Problem& problem, const Stream& stream);
bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not);

}  // namespace tern::depthwise_conv2d_passes
