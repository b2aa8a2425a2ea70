// A border of a constant value, or of what is inside.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

enum class PadMode : std::uint8_t { constant, reflect, replicate };

struct PadParams {
    std::vector<std::pair<std::int64_t, std::int64_t>> borders;  // before and after, per dimension
    double value = 0;
};

/// `input` with `borders` of `value` (as full() rounds it) before and after it, one pair of at least 0 per
/// dimension. Any dtype; differentiable.
Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           double value = 0);

/// With a border of the input's own elements, as PyTorch's F.pad: `reflect` mirrors at the outermost elements,
/// which are not repeated (c b | a b c | b a), `replicate` repeats those (a a | a b c | c c), `constant` is 0.
/// One dimension after the other; any dtype. Differentiable: a gradient is the sum over the copies of its element,
/// in their order along each dimension. Throws Error for reflect unless each border is less than the extent, and
/// for replicate where there is nothing to repeat.
Tensor pad(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders,
           PadMode mode);

/// `input` without `borders`, pad()'s gradient as an operation of its own. Throws Error where a border is
/// negative or both are more than there is. Any dtype; differentiable.
Tensor crop(const Tensor& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders);

/// Elements [begin, end) of dimension `axis` (a negative one counts from the last), a copy; Tensor::slice()
/// shares memory and is of the first dimension. Any dtype; differentiable.
Tensor slice(const Tensor& input, int axis, std::int64_t begin, std::int64_t end);

/// The shape of pad()'s result; throws Error if there is not one pair per dimension or a border is negative.
Shape pad_output_shape(const Shape& input, const std::vector<std::pair<std::int64_t, std::int64_t>>& borders);

}  // namespace tern
