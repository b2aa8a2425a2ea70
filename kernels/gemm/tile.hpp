// The register tile of matrix products: what linear, matmul and conv2d sum all their products with.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tern::gemm {

/// Columns of B that lie side by side in a panel, and up to a multiple of which its rows can be read: a cache
/// line, the widest vector. A tile walks down its panels line by line; with rows 256 bytes apart its lines
/// shared a quarter of L1's sets, and products of 128 terms or more came from L2 at 60 % of the speed.
inline constexpr std::int64_t kPanelColumns = 16;
/// Columns of the widest tile: four AVX-512 vectors.
inline constexpr std::int64_t kTileColumns = 64;

/// What is multiplied: the numbers as they are, or rounded to bfloat16. Sums are float32's.
enum class Products : std::uint8_t { float32, bfloat16 };

/// Memory that is wanted soon, or none.
struct Ahead {
    const float* data = nullptr;
    std::int64_t count = 0;
};
using AheadList = std::array<Ahead, 4>;

/// C (rows, columns) = start + A B, on one thread. Small enough that B stays in the caches.
///
/// A's columns come in segments, so that a convolution's taps are one sum that never leaves the registers,
/// and no patches need to be gathered.
struct Block {
    std::int64_t rows, columns;
    /// A, element (i, s * depth + k): a[i * a_row + segments[s] + k * a_column].
    const float* a;
    std::int64_t a_row, a_column;
    std::span<const std::int64_t> segments;
    std::int64_t depth;
    /// B, element (k, j): b[k * b_row + j / kPanelColumns * b_panel + j % kPanelColumns].
    const float* b;
    std::int64_t b_row, b_panel;
    /// What the sums start from, element (i, j): start[i * start_row + j]; null for zeros. A bias has
    /// start_row 0; C itself adds to it.
    const float* start;
    std::int64_t start_row;
    /// C, element (i, j): c[i * c_row + j].
    float* c;
    std::int64_t c_row;
    /// Rows of B (and columns of A) that follow these in memory and are wanted next: fetched meanwhile.
    std::int64_t next_depth = 0;
    /// What the work after this block reads from memory or writes there: fetched into L2 meanwhile, for a
    /// product leaves the memory alone.
    AheadList ahead{};
    /// A is in L1 already: its rows are not fetched ahead.
    bool a_cached = false;
    /// With bfloat16 A has one segment only.
    Products products = Products::float32;

    /// Columns of A, rows of B.
    std::int64_t terms() const { return depth * static_cast<std::int64_t>(segments.size()); }
};

void multiply(const Block& block);

}  // namespace tern::gemm
