// AVX512-BF16 adds products in pairs: terms 2p and 2p + 1 of a sum lie side by side in 32 bits, of A for a
// row, of B for each of 16 columns. Rounding and pairing an element takes a sixth of an instruction and
// happens once per block; a block of 64 rows and 64 columns uses it 64 times.
#include "tern/kernels/gemm/bfloat16.hpp"

#include <algorithm>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/core/half.hpp"
#include "tern/kernels/gemm/multiple.hpp"
#include "tern/kernels/gemm/prefetch.hpp"

#if defined(__x86_64__)
#include <hwy/base.h>
#include <immintrin.h>
#endif

namespace tern::gemm {
namespace {

void round_line(const float* from, std::int64_t count, float* to) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(bfloat16(from[i]));
}

// A and B rounded into buffers, as the tile reads them.
void multiply_rounded(const Block& block) {
    static constexpr std::int64_t kFirst[] = {0};
    thread_local std::vector<float> a, b;
    const auto fitted = [](std::vector<float>& buffer, std::int64_t size) {
        buffer.resize(std::max(buffer.size(), static_cast<std::size_t>(size)));
        return buffer.data();
    };
    Block in_float32 = block;
    in_float32.products = Products::float32;
    in_float32.next_depth = 0;
    in_float32.a_cached = true;
    in_float32.segments = kFirst;

    const bool by_rows = block.a_column == 1;
    const std::int64_t lines = by_rows ? block.rows : block.depth, line = by_rows ? block.depth : block.rows;
    float* const rounded_a = fitted(a, lines * line);
    for (std::int64_t i = 0; i < lines; ++i)
        round_line(block.a + block.segments[0] + i * (by_rows ? block.a_row : block.a_column), line,
                   rounded_a + i * line);
    in_float32.a = rounded_a;
    in_float32.a_row = by_rows ? line : 1;
    in_float32.a_column = by_rows ? 1 : line;

    const std::int64_t panels = (block.columns + kPanelColumns - 1) / kPanelColumns;
    const std::int64_t panel = block.depth * kPanelColumns;
    float* const rounded_b = fitted(b, panels * panel);
    for (std::int64_t p = 0; p < panels; ++p)
        for (std::int64_t k = 0; k < block.depth; ++k)
            round_line(block.b + k * block.b_row + p * block.b_panel, kPanelColumns,
                       rounded_b + p * panel + k * kPanelColumns);
    in_float32.b = rounded_b;
    in_float32.b_row = kPanelColumns;
    in_float32.b_panel = panel;
    multiply(in_float32);
}

#if defined(__x86_64__)

using Pair = std::uint32_t;

constexpr int kRows = 6, kVectors = 4;  // 24 sums, 4 vectors of B and a row of A are 29 of 32 registers
constexpr std::int64_t kVector = 16;
static_assert(kVectors * kVector == kTileColumns && kVector == kPanelColumns);

// A tile: pair p of row i of A is a[i * a_row + p * a_pair], of vector v of B b[p * b_pair + v * 16].
struct PairTile {
    std::int64_t pairs;
    const Pair *a, *b;
    std::int64_t a_row, a_pair, b_pair;
    const float* start;  // may be null
    float* c;
    std::int64_t start_row, c_row;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's own headers
#endif
HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")

__mmask16 first(std::int64_t count) {
    return count >= kVector ? __mmask16{0xffff} : static_cast<__mmask16>((1u << count) - 1);
}

// pairs[i] = low[i], high[i], for a multiple of 16 of them; high may be null, for zeros.
void pair_lines(const float* low, const float* high, std::int64_t count, Pair* pairs) {
    for (std::int64_t i = 0; i < count; i += kVector) {
        const __mmask16 mask = first(count - i);
        const __m256i lows =
            reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, low + i)));
        __m512i both = _mm512_cvtepu16_epi32(lows);
        if (high != nullptr) {
            const __m256i highs =
                reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, high + i)));
            both = _mm512_or_si512(both, _mm512_slli_epi32(_mm512_cvtepu16_epi32(highs), 16));
        }
        _mm512_storeu_si512(pairs + i, both);
    }
}

// The pairs of `count` neighbours, a last one alone with a zero; a multiple of 16 pairs is written.
void pair_neighbours(const float* from, std::int64_t count, Pair* pairs) {
    for (std::int64_t k = 0; k < count; k += 2 * kVector) {
        const __m512 low = _mm512_maskz_loadu_ps(first(count - k), from + k);
        const __m512 high =
            _mm512_maskz_loadu_ps(first(std::max<std::int64_t>(count - k - kVector, 0)), from + k + kVector);
        _mm512_storeu_si512(pairs + k / 2, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
    }
}

// B, its columns filled up to whole tiles.
void pair_columns(const Block& block, std::int64_t width, Pair* to) {
    for (std::int64_t k = 0; k < block.depth; k += 2, to += width)
        for (std::int64_t j = 0; j < block.columns; j += kPanelColumns) {
            const float* const low = block.b + k * block.b_row + j / kPanelColumns * block.b_panel;
            pair_lines(low, k + 1 < block.depth ? low + block.b_row : nullptr, kPanelColumns, to + j);
        }
}

void multiply_tile(const PairTile& tile) {
    __m512 sums[kRows][kVectors];
    for (int r = 0; r < kRows; ++r)
        for (int v = 0; v < kVectors; ++v)
            sums[r][v] = tile.start == nullptr
                             ? _mm512_setzero_ps()
                             : _mm512_loadu_ps(tile.start + r * tile.start_row + v * kVector);
    for (std::int64_t p = 0; p < tile.pairs; ++p) {
        __m512bh columns[kVectors];
        for (int v = 0; v < kVectors; ++v)
            columns[v] =
                reinterpret_cast<__m512bh>(_mm512_loadu_si512(tile.b + p * tile.b_pair + v * kVector));
        for (int r = 0; r < kRows; ++r) {
            const auto row = reinterpret_cast<__m512bh>(
                _mm512_set1_epi32(static_cast<int>(tile.a[r * tile.a_row + p * tile.a_pair])));
            for (int v = 0; v < kVectors; ++v) sums[r][v] = _mm512_dpbf16_ps(sums[r][v], row, columns[v]);
        }
    }
    for (int r = 0; r < kRows; ++r)
        for (int v = 0; v < kVectors; ++v)
            _mm512_storeu_ps(tile.c + r * tile.c_row + v * kVector, sums[r][v]);
}

HWY_POP_ATTRIBUTES
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

// A tile that ends beyond C: through a buffer. A's rows beyond the last, and B's columns, are junk that
// nobody reads.
void multiply_edge(PairTile tile, std::int64_t rows, std::int64_t columns) {
    float buffer[kRows * kTileColumns] = {};
    for (std::int64_t r = 0; tile.start != nullptr && r < rows; ++r)
        std::copy_n(tile.start + r * tile.start_row, columns, buffer + r * kTileColumns);
    float* const c = tile.c;
    const std::int64_t c_row = tile.c_row;
    tile.start = tile.c = buffer;
    tile.start_row = tile.c_row = kTileColumns;
    multiply_tile(tile);
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(buffer + r * kTileColumns, columns, c + r * c_row);
}

void multiply_pairs(const Block& block) {
    const std::int64_t pairs = (block.depth + 1) / 2, width = up_to_multiple(block.columns, kTileColumns);
    const bool by_columns = block.a_column != 1;  // A is read down its columns: all of it at once
    const std::int64_t a_row = by_columns ? 1 : up_to_multiple(pairs, kVector);
    const std::int64_t a_pair = by_columns ? up_to_multiple(block.rows, kVector) + kRows : 1;
    thread_local std::vector<Pair> buffer;
    const std::int64_t a_size = by_columns ? pairs * a_pair : kRows * a_row;
    buffer.resize(std::max(buffer.size(), static_cast<std::size_t>(pairs * width + a_size)));
    Pair* const b = buffer.data();
    Pair* const a = b + pairs * width;
    pair_columns(block, width, b);
    const float* const from = block.a + block.segments[0];
    for (std::int64_t p = 0; by_columns && p < pairs; ++p) {
        const float* const low = from + 2 * p * block.a_column;
        pair_lines(low, 2 * p + 1 < block.depth ? low + block.a_column : nullptr, block.rows, a + p * a_pair);
    }
    PrefetchAhead ahead(block, (block.rows + kRows - 1) / kRows);
    for (std::int64_t i = 0; i < block.rows; i += kRows) {
        const std::int64_t rows = std::min<std::int64_t>(kRows, block.rows - i);
        for (std::int64_t r = 0; !by_columns && r < rows; ++r)
            pair_neighbours(from + (i + r) * block.a_row, block.depth, a + r * a_row);
        prefetch_rows(block, i + rows, std::min(i + rows + kRows, block.rows), 0, block.columns);
        ahead.next().fetch_beyond(0);
        for (std::int64_t j = 0; j < block.columns; j += kTileColumns) {
            const std::int64_t columns = std::min(kTileColumns, block.columns - j);
            const PairTile tile{pairs,
                                by_columns ? a + i : a,
                                b + j,
                                a_row,
                                a_pair,
                                width,
                                block.start == nullptr ? nullptr : block.start + i * block.start_row + j,
                                block.c + i * block.c_row + j,
                                block.start_row,
                                block.c_row};
            if (rows == kRows && columns == kTileColumns)
                multiply_tile(tile);
            else
                multiply_edge(tile, rows, columns);
        }
    }
}

#endif

}  // namespace

bool has_bfloat16_products() {
#if defined(__x86_64__)
    static const bool has = __builtin_cpu_supports("avx512bf16") != 0;
    return has;
#else
    return false;
#endif
}

void multiply_in_bfloat16(const Block& block) {
    TERN_ASSERT(block.segments.size() == 1);
    TERN_ASSERT(block.a_row == 1 || block.a_column == 1 || block.rows <= 1 || block.depth <= 1);
#if defined(__x86_64__)
    if (has_bfloat16_products()) return multiply_pairs(block);
#endif
    multiply_rounded(block);
}

}  // namespace tern::gemm
