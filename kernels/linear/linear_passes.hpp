#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/linear/linear.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::linear_passes {

struct Forward {                     // y = x w^T + bias
    const Tensor& x;                 // (..., I)
    const Tensor& w;                 // (O, I)
    const Tensor& bias = kNoTensor;  // (O), optional
    const Tensor& y;                 // (..., O)
    TERN_PASS(Forward, linear, forward, (x, w, bias), (y))

    double flops() const { return product_flops(y, w); }
};

struct BackwardInput {  // dx = dy w
    const Tensor& dy;   // (..., O)
    const Tensor& w;    // (O, I)
    const Tensor& dx;   // (..., I)
    TERN_PASS(BackwardInput, linear, backward_input, (dy, w), (dx))

    double flops() const { return product_flops(dy, w); }
};

struct BackwardWeight {  // dw = dy^T x
    const Tensor& x;     // (..., I)
    const Tensor& dy;    // (..., O)
    const Tensor& dw;    // (O, I); of x's type, or float32
    TERN_PASS(BackwardWeight, linear, backward_weight, (x, dy), (dw))

    double flops() const { return product_flops(dy, dw); }
};

struct BackwardBias {     // dbias = the sum of dy's rows
    const Tensor& dy;     // (..., O)
    const Tensor& dbias;  // (O); of dy's type, or float32
    TERN_PASS(BackwardBias, linear, backward_bias, (dy), (dbias))

    double flops() const { return static_cast<double>(dy.numel()); }
};

}  // namespace tern::linear_passes
