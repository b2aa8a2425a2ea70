// Linear: every row is multiplied with one matrix; a pointwise (1x1) convolution of NHWC images is the same.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// (..., O); throws Error for arguments that do not fit.
Shape linear_output_shape(const Shape& input, const Shape& weight);

/// y[...,o] = bias[o] + sum over i of x[...,i] * w[o,i]. x: (..., I); w: (O, I), PyTorch's order; bias: (O),
/// or undefined for none; y: (..., O). Differentiable in all three.
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias);

}  // namespace tern
