// sum += term: how the tape adds gradients.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// Adds `term` to `sum` in place, rounding to sum's dtype. Same shape and device; both floating-point, `term`
/// may be of another dtype (float32 gradients of bfloat16 results).
void accumulate(const Tensor& sum, const Tensor& term);

/// The sum of the slices of `parts` (P, ...), P at least 1, added in the order of tree_lefts(), as (1, ...). In place:
/// it is the last slice, and other slices hold sums of some.
Tensor accumulate_parts(const Tensor& parts);

}  // namespace tern
