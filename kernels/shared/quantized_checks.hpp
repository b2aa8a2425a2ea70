// What the 8-bit operations check of their arguments. Each throws Error in the name of `where`.
#pragma once

#include <optional>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/requantize.hpp"

namespace tern {

/// A tensor of that type, and where it is given shape, on the CPU.
void check_quantized(const char* where, const char* what, const Tensor& tensor, DType dtype,
                     const std::optional<Shape>& shape = {});
/// A byte.
void check_zero(const char* where, const char* what, int zero);
/// A residual that is undefined or bytes of the result's shape, and zeros that are bytes.
void check_requantize(const char* where, const Requantize& result, const Tensor& residual,
                      const Shape& shape);

}  // namespace tern
