// Weights of an 8-bit operation as its products read them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tern/core/tensor.hpp"
#include "tern/kernels/gemm/bytes.hpp"
#include "tern/kernels/shared/requantize.hpp"

namespace tern::gemm {

/// What stands for weights (O, I, taps...) in blocks whose segments are the taps.
struct PackedBytes {
    std::vector<std::int8_t> b;
    std::vector<std::int32_t> start;
    std::int64_t outputs = 0, taps = 1, quads = 0;  // of a tap

    /// What becomes of sums by `rule`; without rows, segments and places of results and residual.
    ByteBlock block(const std::vector<float>& multipliers, const Requantize& rule) const;
};

/// bias: (O), int32. As sums are of bytes that stand for 0 as `input_zero`, that times all weights is taken from them where
/// they start. A scope of KeptWeights keeps it.
std::shared_ptr<const PackedBytes> pack_bytes(const Tensor& weight, const Tensor& bias, int input_zero);

/// (O), float32, as blocks read it.
std::vector<float> padded_multipliers(const Tensor& multiplier);

}  // namespace tern::gemm
