#pragma once

#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::avg_pool2d_passes {

struct Forward {
    const AvgPool2dParams& params;
    const Tensor& x;  // (N, H, W, C)
    const Tensor& y;  // (N, OH, OW, C)
    TERN_PASS(Forward, avg_pool2d, forward, (x), (y))

    std::int64_t window_size() const { return params.window.kernel_h * params.window.kernel_w; }
    double flops() const { return static_cast<double>(y.numel() * window_size()); }
};

struct Backward {
    const AvgPool2dParams& params;
    const Tensor& dy;  // (N, OH, OW, C)
    const Tensor& dx;  // (N, H, W, C)
    TERN_PASS(Backward, avg_pool2d, backward, (dy), (dx))

    std::int64_t window_size() const { return params.window.kernel_h * params.window.kernel_w; }
    double flops() const { return static_cast<double>(dy.numel() * window_size()); }
};

}  // namespace tern::avg_pool2d_passes
