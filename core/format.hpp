// The elements of a tensor as text.
#pragma once

#include <string>

#include "tern/core/tensor.hpp"

namespace tern {

/// As NumPy prints an array: rows in brackets, columns aligned, up to 8 decimals or, where the numbers span
/// more than three orders of magnitude, an exponent; lines of at most 75 characters, and of more than 1,000
/// elements the first and last three along each dimension. 16-bit numbers are shown as the float32 numbers that
/// they are. Copies from the device.
std::string to_string(const Tensor& tensor);

}  // namespace tern
