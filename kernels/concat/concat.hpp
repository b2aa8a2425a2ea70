// Tensors joined along a dimension.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct ConcatParams {
    int axis = 0;                       // from 0
    std::vector<std::int64_t> extents;  // of the pieces along it
};

/// The inputs one behind the other along `axis` (a negative one counts from the last). All of one dtype and
/// device, and of one shape but for that dimension; at least one. Any dtype; differentiable in all.
Tensor concat(const Tensors& inputs, int axis);

/// The inputs, all of one shape, along a new dimension `axis` of the result (a negative one counts from its
/// last). Differentiable in all.
Tensor stack(const Tensors& inputs, int axis = 0);

}  // namespace tern
