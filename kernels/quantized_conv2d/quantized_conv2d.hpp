// Convolution of bytes: 8-bit inference.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/requantize.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct QuantizedConv2dParams {
    Window2d window;
    int input_zero = 0;  // the byte that stands for 0, which is outside of the image too
    Requantize result = {};
};

/// sum[n,oh,ow,o] = bias[o] + sum over kh, kw, i of (x[n, oh*stride + kh*dilation - pad_top, ..., i] - input_zero)
///                  w[o,i,kh,kw]
///
/// as a 32-bit integer, from which the output follows as Requantize says; float32 if `output` is float32, else uint8.
/// x: (N, H, W, I), uint8; w: (O, I, KH, KW), int8; bias: (O), int32; multiplier: (O), float32; residual: as the output, uint8, or
/// undefined. Throws Error for arguments that do not fit. Sums beyond 32 bits are the caller's fault: those of 2^16 terms fit.
Tensor quantized_conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        const Tensor& multiplier, const QuantizedConv2dParams& params,
                        const Tensor& residual = {}, DType output = DType::uint8);

}  // namespace tern
