#pragma once

#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::conv2d_passes {

struct Forward {  // y = conv(x, w) + bias
    const Conv2dParams& params;
    const Tensor& x;                 // (N, H, W, I)
    const Tensor& w;                 // (O, I/groups, KH, KW)
    const Tensor& bias = kNoTensor;  // (O), optional
    const Tensor& y;                 // (N, OH, OW, O)
    TERN_PASS(Forward, conv2d, forward, (x, w, bias), (y))

    double flops() const { return product_flops(y, w); }
};

struct BackwardInput {
    const Conv2dParams& params;
    const Tensor& dy;  // (N, OH, OW, O)
    const Tensor& w;   // (O, I/groups, KH, KW)
    const Tensor& dx;  // (N, H, W, I)
    TERN_PASS(BackwardInput, conv2d, backward_input, (dy, w), (dx))

    double flops() const { return product_flops(dy, w); }
};

struct BackwardWeight {
    const Conv2dParams& params;
    const Tensor& x;   // (N, H, W, I)
    const Tensor& dy;  // (N, OH, OW, O)
    const Tensor& dw;  // (O, I/groups, KH, KW); of x's type, or float32
    TERN_PASS(BackwardWeight, conv2d, backward_weight, (x, dy), (dw))

    double flops() const { return product_flops(dy, dw); }
};

struct BackwardBias {  // dbias = the sum of dy over images and pixels
    const Conv2dParams& params;
    const Tensor& dy;     // (N, OH, OW, O)
    const Tensor& dbias;  // (O); of dy's type, or float32
    TERN_PASS(BackwardBias, conv2d, backward_bias, (dy), (dbias))

    double flops() const { return static_cast<double>(dy.numel()); }
};

}  // namespace tern::conv2d_passes
