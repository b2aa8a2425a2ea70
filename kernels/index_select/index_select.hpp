// Chosen rows of a tensor.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct IndexSelectParams {
    int axis = 0;  // from 0
};

/// y[..., j, ...] = input[..., index[j], ...] along dimension `axis` (a negative one counts from the last).
/// input: any type; index: (J) int32 or int64 in [0, extent), in any order and any number of times. What an
/// epoch_order() is for. Differentiable: the gradient of an element is the sum over the places it was copied
/// to, in their order. Throws Error for arguments that do not fit and for an index out of range that is on
/// the CPU; looking at those of a GPU would stop the stream, which fails there.
Tensor index_select(const Tensor& input, int axis, const Tensor& index);

/// The other way, along the first dimension: y (extent, ...), y[k, ...] = the sum of values[j, ...] over the places j
/// with index[j] = k, in their order, 0 where there are none. values: (J, ...) floating-point; index as above. Not
/// differentiable.
Tensor index_sum(const Tensor& values, const Tensor& index, std::int64_t extent);

}  // namespace tern
