#pragma once

#include "tern/kernels/argmax/argmax.hpp"
#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/shared/axis.hpp"

namespace tern::argmax_passes {

struct Forward {
    const ArgmaxParams& params;
    const Tensor& x;  // (..., K, ...)
    const Tensor& y;  // (...) int64
    TERN_PASS(Forward, argmax, forward, (x), (y))

    AxisExtents extents() const { return AxisExtents(x.shape(), params.axis); }
};

}  // namespace tern::argmax_passes
