#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/kernels/shared/axis.hpp"

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

/// Calls function.operator()<Index>() with the type of the index.
template <class F>
void visit_index(const Tensor& index, F function) {
    if (index.dtype() == DType::int32)
        function.template operator()<std::int32_t>();
    else
        function.template operator()<std::int64_t>();
}

}  // namespace tern::index_select_passes
