// The steps that weights are rounded to.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

inline constexpr int kLargestWeight = 127;

/// Of weights (O, ...), float32, for each output channel its largest one's share of kLargestWeight: (O). 1 where that is too small
/// to be divided by, as where all are 0.
Tensor weight_scales(const Tensor& weight);

}  // namespace tern
