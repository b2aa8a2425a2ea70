// Equal elements.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// All elements become `value`, as element_of() rounds it. Never waits for the device.
void fill(const Tensor& tensor, double value);

}  // namespace tern
