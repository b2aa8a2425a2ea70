// What layers with weights and a bias do to take in a scale and a shift of their outputs.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// weight (O, ...) becomes scale weight and bias (O) scale bias + shift, in place; scale and shift: (O),
/// float64, on the CPU. Computed in float64 and rounded once. Throws Error where the outputs are not O.
void scale_outputs(const Tensor& scale, const Tensor& shift, const Tensor& weight, const Tensor& bias);

}  // namespace tern
