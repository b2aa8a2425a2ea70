#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/softmax/softmax.hpp"

namespace tern::softmax_passes {

struct Forward {  // y = softmax(x) over the last dimension, or its logarithm
    const SoftmaxParams& params;
    const Tensor& x;  // (..., K)
    const Tensor& y;  // as x
    TERN_PASS(Forward, softmax, forward, (x), (y))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

struct Backward {
    const SoftmaxParams& params;
    const Tensor& y;   // (..., K)
    const Tensor& dy;  // as y
    const Tensor& dx;  // as y
    TERN_PASS(Backward, softmax, backward, (y, dy), (dx))

    double flops() const { return 4.0 * static_cast<double>(y.numel()); }
};

}  // namespace tern::softmax_passes
