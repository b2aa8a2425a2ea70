#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/quantize/quantize.hpp"

namespace tern::quantize_passes {

struct Forward {
    const Quantization& params;
    const Tensor& x;  // float32
    const Tensor& y;  // as x, uint8
    TERN_PASS(Forward, quantize, forward, (x), (y))
};

struct Inverse {
    const Quantization& params;
    const Tensor& x;  // uint8
    const Tensor& y;  // as x, float32
    TERN_PASS(Inverse, quantize, inverse, (x), (y))
};

}  // namespace tern::quantize_passes
