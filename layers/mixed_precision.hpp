// Parameters stay float32 where activations have 16 bits.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// A parameter as an operation on `input` takes it: rounded to the input's type where that has 16 bits, so
/// that its gradient arrives in float32; else itself. An undefined one stays undefined.
Tensor in_type_of(const Tensor& input, const Tensor& parameter);

}  // namespace tern
