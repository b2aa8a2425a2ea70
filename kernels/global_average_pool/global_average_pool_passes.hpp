#pragma once

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::global_average_pool_passes {

struct Forward {      // y[n,c] = mean over h, w of x[n,h,w,c]
    const Tensor& x;  // (N, H, W, C)
    const Tensor& y;  // (N, C)
    TERN_PASS(Forward, global_average_pool, forward, (x), (y))

    double flops() const { return static_cast<double>(x.numel()); }
};

struct Backward {
    const Tensor& dy;  // (N, C)
    const Tensor& dx;  // (N, H, W, C)
    TERN_PASS(Backward, global_average_pool, backward, (dy), (dx))

    double flops() const { return static_cast<double>(dx.numel()); }
};

}  // namespace tern::global_average_pool_passes
