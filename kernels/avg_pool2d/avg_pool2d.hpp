// The mean of each window of an image.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct AvgPool2dParams {
    Window2d window;
    bool count_padding = true;
};

/// y[n,oh,ow,c] = the sum over the window's pixels inside the image, divided by the pixels of the window or,
/// without `count_padding`, by those inside the image alone (a window without any gives 0). With it PyTorch's
/// default, without it TensorFlow's. x: (N, H, W, C), y: (N, OH, OW, C). Differentiable.
Tensor avg_pool2d(const Tensor& input, const Window2d& window, bool count_padding = true);

}  // namespace tern
