// The largest bytes of windows.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct QuantizedMaxPool2dParams {
    Window2d window;
};

/// The largest byte of each window, per channel; what lies outside of the image does not count, and a window of nothing else is
/// 0. input: (N, H, W, C), uint8; the result: (N, OH, OW, C). Throws Error for arguments that do not fit.
Tensor quantized_max_pool2d(const Tensor& input, const Window2d& window);

}  // namespace tern
