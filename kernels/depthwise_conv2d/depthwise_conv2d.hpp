// Depthwise 2-D convolution: every channel has a filter of its own.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct DepthwiseConv2dParams {
    Window2d window;
};

/// (N, OH, OW, C); throws Error for arguments that do not fit.
Shape depthwise_conv2d_output_shape(const Shape& input, const Shape& weight, const Window2d& window);

/// y[n,oh,ow,c] = sum over kh, kw of x[n, oh*stride + kh*dilation - pad_top, ..., c] * w[c,0,kh,kw]
/// + bias[c], with zeros outside x. x: (N, H, W, C); w: (C, 1, KH, KW), PyTorch's order; bias: (C), or
/// undefined; y: (N, OH, OW, C). Differentiable in all three. The CPU's versions leave the zeros out; on a GPU
/// they may be multiplied, so that an infinite weight or one that is a NaN makes outputs at the border a NaN.
Tensor depthwise_conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        const Window2d& window);

}  // namespace tern
