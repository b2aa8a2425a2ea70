// From 32-bit sums of products of bytes back to bytes: the rounding of all 8-bit operations.
#pragma once

namespace tern {

/// Sums are of 32 bits and wrap. A sum s of output channel o becomes, in float32, each operation rounded to nearest even,
///
///     v = float(s) * multiplier[o]  [+ float(r - residual_zero) * residual_multiplier]
///
/// and that a byte: min(max(v, -zero), 255 - zero) rounded to nearest even, plus `zero`. So all versions of an operation
/// give equal bytes. A ReLU is a zero of 0.
struct Requantize {
    int zero = 0;
    float residual_multiplier = 0;
    int residual_zero = 0;
};

}  // namespace tern
