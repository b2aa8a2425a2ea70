// The largest elements along a dimension, and where they are.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

struct TopkParams {
    std::int64_t k = 1;
    int axis = 0;  // from 0
};

struct TopkResult {
    Tensor values;   // of the input's type
    Tensor indices;  // int64
};

/// The k largest elements along dimension `axis` (a negative one counts from the last), largest first, and their
/// indices along it; both of the input's shape with k in place of that extent. Of equal elements the first comes
/// first. A NaN is larger than all numbers, as in PyTorch's topk, and equal to another; so is -0 to 0. The input
/// is of any type. The values are differentiable: their gradient goes to the elements that they were. Throws
/// Error for an axis out of range and for k below 0 or above the extent.
TopkResult topk(const Tensor& input, std::int64_t k, int axis = -1);

}  // namespace tern
