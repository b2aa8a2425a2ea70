// What the CPU implementations of the weights' gradient share.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern::conv2d_passes {

/// dw in PyTorch's order from sums (groups, KH, KW, I/groups, O/groups).
void store_weights(std::int64_t groups, const float* sums, const Tensor& dw);

}  // namespace tern::conv2d_passes
