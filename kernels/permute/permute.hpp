// Another order of the dimensions.
#pragma once

#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct PermuteParams {
    std::vector<int> order;
};

/// Dimension d of the result is dimension order[d] of the input, as in NumPy's transpose; (0, 3, 1, 2) turns
/// images (N, H, W, C) into (N, C, H, W). A copy, of any dtype. Throws Error unless `order` holds every
/// dimension once; negative ones count from the last. Differentiable.
Tensor permute(const Tensor& input, const std::vector<int>& order);

/// The input with two dimensions exchanged; negative ones count from the last.
Tensor transpose(const Tensor& input, int first = -2, int second = -1);

/// The shape of the result of permute().
Shape permute_output_shape(const Shape& input, const std::vector<int>& order);

}  // namespace tern
