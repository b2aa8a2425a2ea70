#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/quantized_conv2d/quantized_conv2d.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::quantized_conv2d_passes {

struct Forward {
    const QuantizedConv2dParams& params;
    const Tensor& x;                     // (N, H, W, I), uint8
    const Tensor& w;                     // (O, I, KH, KW), int8
    const Tensor& bias;                  // (O), int32
    const Tensor& multiplier;            // (O), float32
    const Tensor& residual = kNoTensor;  // as y, uint8, optional
    const Tensor& y;                     // (N, OH, OW, O), uint8 or float32
    TERN_PASS(Forward, quantized_conv2d, forward, (x, w, bias, multiplier, residual), (y))

    double flops() const { return product_flops(y, w); }
};

}  // namespace tern::quantized_conv2d_passes
