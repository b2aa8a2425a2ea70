#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::quantized_separable_conv2d_passes {

struct Forward {
    const QuantizedSeparableConv2dParams& params;
    const Tensor& x;                     // (N, H, W, C), uint8
    const Tensor& depthwise;             // (C, 1, KH, KW), int8
    const Tensor& depthwise_bias;        // (C), int32
    const Tensor& depthwise_multiplier;  // (C), float32
    const Tensor& pointwise;             // (O, C), int8
    const Tensor& bias;                  // (O), int32
    const Tensor& multiplier;            // (O), float32
    const Tensor& residual = kNoTensor;  // as y, optional
    const Tensor& y;                     // (N, OH, OW, O), uint8
    TERN_PASS(Forward, quantized_separable_conv2d, forward,
              (x, depthwise, depthwise_bias, depthwise_multiplier, pointwise, bias, multiplier, residual),
              (y))

    double flops() const {
        const double pixels = static_cast<double>(y.dim(0) * y.dim(1) * y.dim(2));
        return 2 * pixels * static_cast<double>(depthwise.numel()) + product_flops(y, pointwise);
    }
};

}  // namespace tern::quantized_separable_conv2d_passes
