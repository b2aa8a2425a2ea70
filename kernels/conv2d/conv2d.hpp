// 2-D convolution of NHWC images, in groups of channels.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct Conv2dParams {
    Window2d window;
    std::int64_t groups = 1;
};

/// (N, OH, OW, O); throws Error for arguments that do not fit.
Shape conv2d_output_shape(const Shape& input, const Shape& weight, const Window2d& window,
                          std::int64_t groups = 1);

///     y[n,oh,ow,o] = bias[o] + sum over kh, kw, i of
///                    x[n, oh*stride + kh*dilation - pad_top, ..., g*I/groups + i] * w[o,i,kh,kw]
///
/// with zeros outside x and g the group of o: outputs and channels are split into `groups` equal, consecutive
/// parts. x: (N, H, W, I); w: (O, I/groups, KH, KW), PyTorch's order; bias: (O), or
/// undefined for none; y: (N, OH, OW, O). Differentiable in all three.
///
/// Implementations may multiply the zeros or leave them out: a weight that is infinite or a NaN can make
/// outputs at the border a NaN. On the CPU, Winograd's method (`cpu_winograd`, for 3x3 and stride 1) spreads a
/// NaN, an infinity or 1e38 over the 4x4 outputs of its tile; the kernel policy `auto,conv2d=cpu` sums plain
/// products.
Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, const Window2d& window,
              std::int64_t groups = 1);

}  // namespace tern
