// sum += term: how the tape adds gradients.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// Adds `term` to `sum` in place, rounding to sum's dtype. Same shape and device; both floating-point, `term`
/// may be of another dtype (float32 gradients of bfloat16 results).
void accumulate(const Tensor& sum, const Tensor& term);

}  // namespace tern
