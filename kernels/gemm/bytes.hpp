// Sums of products of bytes: what the 8-bit operations multiply with. Four neighbouring terms of a sum, a quad, lie
// side by side in 32 bits, of A for a row, of B for each column: AVX-512 VNNI adds them by one instruction.
#pragma once

#include <cstdint>
#include <span>

namespace tern::gemm {

/// Columns of B that lie side by side, a panel.
inline constexpr std::int64_t kByteColumns = 64;
inline constexpr std::int64_t kQuad = 4;

/// How many columns of a panel with so many are calculated: 16, 32 or all. Sums to start from and multipliers are there
/// for whole panels, again and again with this period, so that a few rows side by side are one line of kByteColumns.
inline constexpr std::int64_t panel_period(std::int64_t columns) {
    return columns <= 16 ? 16 : columns <= 32 ? 32 : kByteColumns;
}

/// What sums become: sum * multiplier, with a residual + (r - residual_zero) * residual_multiplier, in float32 with
/// each operation rounded; then, as a byte, rounded to nearest even, plus `zero`, and kept in 0 to 255.
struct ByteResults {
    const float* multiplier;                 // (columns)
    const std::uint8_t* residual = nullptr;  // element (i, j): residual[i * row + j]; may be null
    float residual_multiplier = 0;
    int residual_zero = 0, zero = 0;
    /// One of them: where they go, element (i, j) at i * row + j.
    std::uint8_t* bytes = nullptr;
    float* numbers = nullptr;
    std::int64_t row = 0;
};

/// start + A B, on one thread.
struct ByteBlock {
    std::int64_t rows, columns;
    /// A's columns come in segments of whole quads, so that a convolution's taps are one sum; element
    /// (i, s * 4 * quads + k): a[i * a_row + segments[s] + k].
    const std::uint8_t* a;
    std::int64_t a_row;
    std::span<const std::int64_t> segments;
    std::int64_t quads;
    /// B: for each kByteColumns columns and each quad, four terms of every column.
    const std::int8_t* b;
    const std::int32_t* start;  // (columns)
    ByteResults results;

    std::int64_t all_quads() const { return quads * static_cast<std::int64_t>(segments.size()); }
};

void multiply(const ByteBlock& block);

/// Which of them this machine has; tests take some away.
struct ByteInstructions {
    bool vnni = false, amx = false;
};
ByteInstructions& byte_instructions();

}  // namespace tern::gemm
