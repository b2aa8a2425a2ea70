// Elements chosen along a dimension, at each place of the others for itself.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct GatherParams {
    int axis = 0;  // from 0
};

/// y[..., j, ...] = input[..., index[..., j, ...], ...] along dimension `axis` (a negative one counts from the
/// last), as PyTorch's gather: of each row its label's score is gather(scores, 1, labels). input: any type;
/// index: int32 or int64 of the same rank in [0, extent), in the other dimensions of at most the input's
/// extents, and the result has its shape. Differentiable: the gradient of an element is the sum over the places
/// it was copied to, in their order. Throws Error for arguments that do not fit and for an index out of range
/// that is on the CPU; looking at those of a GPU would stop the stream, which fails there.
Tensor gather(const Tensor& input, int axis, const Tensor& index);

}  // namespace tern
