#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/shared/index.hpp"

namespace tern::index_select_passes {

struct Forward {
    const IndexSelectParams& params;
    const Tensor& x;      // (..., K, ...)
    const Tensor& index;  // (J) int32 or int64
    const Tensor& y;      // (..., J, ...)
    TERN_PASS(Forward, index_select, forward, (x, index), (y))
};

struct Backward {
    const IndexSelectParams& params;
    const Tensor& dy;     // (..., J, ...)
    const Tensor& index;  // (J) int32 or int64
    const Tensor& dx;     // (..., K, ...)
    TERN_PASS(Backward, index_select, backward, (dy, index), (dx))

    double flops() const { return static_cast<double>(dy.numel()); }
};

}  // namespace tern::index_select_passes
