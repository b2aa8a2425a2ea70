#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/topk/topk.hpp"

namespace tern::topk_passes {

struct Forward {
    const TopkParams& params;
    const Tensor& x;        // (..., N, ...)
    const Tensor& values;   // (..., K, ...)
    const Tensor& indices;  // (..., K, ...) int64
    TERN_PASS(Forward, topk, forward, (x), (values, indices))
};

}  // namespace tern::topk_passes
