#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d.hpp"

namespace tern::quantized_max_pool2d_passes {

struct Forward {
    const QuantizedMaxPool2dParams& params;
    const Tensor& x;  // (N, H, W, C), uint8
    const Tensor& y;  // (N, OH, OW, C), uint8
    TERN_PASS(Forward, quantized_max_pool2d, forward, (x), (y))
};

}  // namespace tern::quantized_max_pool2d_passes
