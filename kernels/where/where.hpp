// One of two tensors, element by element.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// a where the condition is not 0, else b. condition: uint8, as comparisons give it; a and b: of one type
/// (any); all on one device, of shapes that broadcast; a number is rounded to the other's type. Differentiable
/// in a and b: an element that was not taken gets 0, whatever it holds.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);

}  // namespace tern
