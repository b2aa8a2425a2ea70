// Tensors of numbers that follow from their place, beside Tensor::zeros() and Tensor::full().
#pragma once

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

/// start, start + step, ... as long as they are before `end`, each computed in float64 and rounded once:
/// ceil((end - start) / step) numbers. Throws Error for a step of 0, numbers that are not finite, and more
/// than 2^53 elements.
Tensor arange(double start, double end, double step = 1, DType dtype = DType::float32, Device device = {});

/// Uniform numbers in [0, 1), multiples of 2^-24 (2^-11 in float16, 2^-8 in bfloat16); element i is number i of `stream`, on every device and
/// whatever the shape. Floating-point types only.
Tensor rand(const Shape& shape, const RandomStream& stream, DType dtype = DType::float32, Device device = {});

/// Standard normal numbers, in the same way.
Tensor randn(const Shape& shape, const RandomStream& stream, DType dtype = DType::float32,
             Device device = {});

}  // namespace tern
