// A depthwise and a pointwise convolution of bytes in one: what lies between them never leaves the caches.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/requantize.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

struct QuantizedSeparableConv2dParams {
    Window2d window;
    int input_zero = 0;   // the byte that stands for 0, which is outside of the image too
    int middle_zero = 0;  // that of what lies between
    Requantize result = {};
};

/// The weights of one of its two convolutions.
struct QuantizedWeights {
    Tensor weight;      // (C, 1, KH, KW) or (O, C), int8
    Tensor bias;        // as many as it has outputs, int32
    Tensor multiplier;  // as bias, float32
};

///     u[n,oh,ow,c] = bias[c] + sum over kh, kw of (x[n, oh*stride + kh*dilation - pad_top, ..., c] - input_zero) w[c,0,kh,kw]
///     output[n,oh,ow,o] = bias[o] + sum over c of (bytes of u[n,oh,ow,c] - middle_zero) pointwise[o,c]
///
/// both as 32-bit integers, from which bytes follow as Requantize says, those of u without a residual. x: (N, H, W, C), uint8;
/// residual: as the output, (N, OH, OW, O), uint8, or undefined. Throws Error for arguments that do not fit.
Tensor quantized_separable_conv2d(const Tensor& input, const QuantizedWeights& depthwise,
                                  const QuantizedWeights& pointwise,
                                  const QuantizedSeparableConv2dParams& params, const Tensor& residual = {});

}  // namespace tern
