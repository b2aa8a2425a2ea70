// The mean bytes of images.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct QuantizedGlobalAveragePoolParams {
    int input_zero = 0;
    float multiplier = 1;  // of the mean
    int zero = 0;
};

/// mean over h, w of (x[n,h,w,c] - input_zero): a 32-bit sum as float32 / (H W) * multiplier, each operation rounded, and that a
/// byte as Requantize says. input: (N, H, W, C), uint8, at most 2^23 pixels; the result: (N, C). Throws Error for arguments that do not fit.
Tensor quantized_global_average_pool(const Tensor& input, const QuantizedGlobalAveragePoolParams& params);

}  // namespace tern
