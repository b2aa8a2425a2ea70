// Between float32 numbers and the bytes that stand for them.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// A byte q stands for (q - zero) * scale.
struct Quantization {
    float scale = 1;
    int zero = 0;
    friend bool operator==(const Quantization&, const Quantization&) = default;
};

/// min(max(x / scale, -zero), 255 - zero) rounded to nearest even, plus zero, in float32; a NaN becomes 0.
/// x: float32 of any shape. Throws Error for another type, a zero that is no byte and a scale that is not above 0.
Tensor quantize(const Tensor& input, const Quantization& quantization);

/// (q - zero) * scale as float32. q: uint8 of any shape. Throws Error as quantize().
Tensor dequantize(const Tensor& input, const Quantization& quantization);

}  // namespace tern
