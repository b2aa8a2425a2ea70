// Where the largest element along a dimension is.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct ArgmaxParams {
    int axis = 0;  // from 0
};

/// The index along dimension `axis` (a negative one counts from the last) of the largest element: the first of
/// those that are equal, or the first NaN where there is one. int64, of the input's shape without that
/// dimension. The input is of any type; throws Error for an axis out of range and for no elements along it.
Tensor argmax(const Tensor& input, int axis = -1);

}  // namespace tern
