// A border of a constant value.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct PadParams {
    std::vector<std::pair<std::int64_t, std::int64_t>> borders;  // before and after, per dimension
    double value = 0;
};

/// `input` with `borders` of `value` before and after it, one pair of at least 0 per dimension. Any dtype;
/// differentiable.
Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           double value = 0);

/// The shape of the result; throws Error if there is not one pair per dimension or a border is negative.
Shape pad_output_shape(const Shape& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders);

}  // namespace tern
