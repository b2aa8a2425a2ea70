#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool.hpp"

namespace tern::quantized_global_average_pool_passes {

struct Forward {
    const QuantizedGlobalAveragePoolParams& params;
    const Tensor& x;  // (N, H, W, C), uint8
    const Tensor& y;  // (N, C), uint8
    TERN_PASS(Forward, quantized_global_average_pool, forward, (x), (y))
};

}  // namespace tern::quantized_global_average_pool_passes
