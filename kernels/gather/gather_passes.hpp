#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/gather/gather.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/shared/index.hpp"

namespace tern::gather_passes {

struct Forward {
    const GatherParams& params;
    const Tensor& x;      // (..., K, ...)
    const Tensor& index;  // (..., J, ...) int32 or int64
    const Tensor& y;      // as index
    TERN_PASS(Forward, gather, forward, (x, index), (y))
};

struct Backward {
    const GatherParams& params;
    const Tensor& dy;     // (..., J, ...)
    const Tensor& index;  // as dy, int32 or int64
    const Tensor& dx;     // (..., K, ...)
    TERN_PASS(Backward, gather, backward, (dy, index), (dx))

    double flops() const { return static_cast<double>(dy.numel()); }
};

}  // namespace tern::gather_passes
