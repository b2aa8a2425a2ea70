#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern::elementwise_unary_passes {

struct Forward {  // y = f(x)
    const ElementwiseUnaryParams& params;
    const Tensor& x;  // any shape
    const Tensor& y;  // as x
    TERN_PASS(Forward, elementwise_unary, forward, (x), (y))

    double flops() const { return static_cast<double>(y.numel()); }
};

struct Backward {  // dx = dy f'(x)
    const ElementwiseUnaryParams& params;
    const Tensor& x = kNoTensor;  // any shape; left out where f' is constant: neg and scale_shift
    const Tensor& dy;             // as x
    const Tensor& dx;             // as x
    TERN_PASS(Backward, elementwise_unary, backward, (x, dy), (dx))

    double flops() const { return static_cast<double>(dx.numel()); }
};

}  // namespace tern::elementwise_unary_passes
