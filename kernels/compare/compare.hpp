// Comparisons of two tensors, element by element, with NumPy's broadcasting.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

struct CompareParams {
    Comparison kind = Comparison::equal;
};

/// uint8, 1 where it holds, else 0. a and b: of one type (any) on one device, of shapes that broadcast; a
/// number meets every element, rounded to a floating-point type; for integers it must be one of theirs (Error
/// if not). A NaN differs from everything and is neither less nor
/// greater. Not differentiable.
Tensor equal(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);
Tensor equal(const Tensor& a, double b);
Tensor not_equal(const Tensor& a, double b);
Tensor less(const Tensor& a, double b);
Tensor less_equal(const Tensor& a, double b);
Tensor greater(const Tensor& a, double b);
Tensor greater_equal(const Tensor& a, double b);

}  // namespace tern
