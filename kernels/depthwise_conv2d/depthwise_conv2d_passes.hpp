#pragma once

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::depthwise_conv2d_passes {

struct Forward {
    const DepthwiseConv2dParams& params;
    const Tensor& x;                 // (N, H, W, C)
    const Tensor& w;                 // (C, 1, KH, KW)
    const Tensor& bias = kNoTensor;  // (C), optional
    const Tensor& y;                 // (N, OH, OW, C)
    TERN_PASS(Forward, depthwise_conv2d, forward, (x, w, bias), (y))

    double flops() const { return product_flops(y, w); }
};

struct BackwardInput {
    const DepthwiseConv2dParams& params;
    const Tensor& dy;  // (N, OH, OW, C)
    const Tensor& w;   // (C, 1, KH, KW)
    const Tensor& dx;  // (N, H, W, C)
    TERN_PASS(BackwardInput, depthwise_conv2d, backward_input, (dy, w), (dx))

    double flops() const { return product_flops(dy, w); }
};

struct BackwardWeight {
    const DepthwiseConv2dParams& params;
    const Tensor& x;   // (N, H, W, C)
    const Tensor& dy;  // (N, OH, OW, C)
    const Tensor& dw;  // (C, 1, KH, KW); of x's type, or float32
    TERN_PASS(BackwardWeight, depthwise_conv2d, backward_weight, (x, dy), (dw))

    double flops() const { return product_flops(dy, dw); }
};

}  // namespace tern::depthwise_conv2d_passes
