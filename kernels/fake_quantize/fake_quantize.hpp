// Numbers rounded as bytes round them, for training: the rounding has a gradient.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// min(max(q, low), high) * scale with q = x * (1 / scale) rounded to nearest even: what quantize() with low = -zero and
/// high = 255 - zero and dequantize() make of x. A NaN stays one. input: (O, ...), floating-point; scale: of its type, (O), or
/// () for all; both on the CPU. Throws Error for others, a scale that is not above 0, and ends that are not
/// -2^21 <= low <= 0 <= high <= 2^21.
///
/// Differentiable in the input as if nothing were rounded (a straight-through estimator: Bengio, Leonard, Courville,
/// "Estimating or propagating gradients through stochastic neurons", 2013): dx = dy where low <= q <= high, else 0.
Tensor fake_quantize(const Tensor& input, const Tensor& scale, int low, int high);

}  // namespace tern
