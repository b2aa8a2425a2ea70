// Another element type.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// The elements as `dtype`, from any type to any: floating-point numbers are rounded to nearest even; turned
/// into integers they are cut towards zero, kept inside the type's range, and a NaN gives 0; integers that
/// are too large for a narrower integer keep their low bits. The input itself if it has that type.
/// Differentiable between floating-point types.
Tensor cast(const Tensor& input, DType dtype);

}  // namespace tern
