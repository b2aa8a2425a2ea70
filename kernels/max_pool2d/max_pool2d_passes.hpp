#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"

namespace tern::max_pool2d_passes {

struct Forward {
    const MaxPool2dParams& params;
    const Tensor& x;  // (N, H, W, C)
    const Tensor& y;  // (N, OH, OW, C)
    TERN_PASS(Forward, max_pool2d, forward, (x), (y))
};

struct Backward {
    const MaxPool2dParams& params;
    const Tensor& dy;  // (N, OH, OW, C)
    const Tensor& x;   // (N, H, W, C)
    const Tensor& dx;  // as x
    TERN_PASS(Backward, max_pool2d, backward, (dy, x), (dx))
};

}  // namespace tern::max_pool2d_passes
