// The largest value of each window of an image.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct MaxPool2dParams {
    Window2d window;
};

/// y[n,oh,ow,c] = max over the window's pixels inside the image (padding counts as -infinity; a window
/// without any pixel gives -infinity). NaN counts as larger than every number. x: (N, H, W, C), y: (N, OH,
/// OW, C). The gradient goes to the first of the largest pixels in row-major order.
Tensor max_pool2d(const Tensor& input, const Window2d& window);

}  // namespace tern
