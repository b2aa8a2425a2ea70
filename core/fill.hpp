// Equal elements.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// All elements become `value`, rounded to the type. Never waits for the device.
void fill(const Tensor& tensor, double value);

}  // namespace tern
