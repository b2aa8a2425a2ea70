// The mean of each channel of an image.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// y[n,c] = mean over h, w of x[n,h,w,c]. x: (N, H, W, C) with H, W of at least 1; y: (N, C). Differentiable.
Tensor global_average_pool(const Tensor& input);

}  // namespace tern
