// 6 lines of 4 vectors of sums, 4 vectors of B and a quad of A are 29 of AVX-512's 32 registers; with AVX2, 2 lines. 4 on ARM, where
// B and the quad are split into 16 bits, in 10 registers. A line is a row of A, or, where B has 16 or 32 columns and a line is
// longer, 4 or 2 rows, whose results lie side by side.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/gemm/bytes.cpp"
#include "tern/kernels/gemm/bytes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/gemm/bytes_amx.hpp"
#include "tern/kernels/gemm/bytes_cpu.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::gemm::HWY_NAMESPACE {

using tern::HWY_NAMESPACE::unrolled;

constexpr int kLines = HWY_TARGET == HWY_AVX3 ? 6 : TERN_BYTES_NEON ? 4 : 2;

struct ByteTile {
    const std::uint8_t* a;
    const std::int8_t* b;
    const std::int32_t* start;
    ByteResults results;  // of its first element; `row` is the distance of lines
};

template <bool kResidual, bool kBytes>
HWY_INLINE void store_line_as(const IntVector* sums, const ByteResults& results, std::int64_t line) {
    const Ints d;
    const Floats df;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t at = line * results.row;
    FloatVector numbers[kSums];
    unrolled<kSums>([&](auto v) HWY_ATTR {
        numbers[v] = scaled(sums[v], results.multiplier + v * lanes);
        if constexpr (kResidual) {
            const hn::Rebind<std::uint8_t, Ints> quarter;
            const auto residual = hn::PromoteTo(d, hn::LoadU(quarter, results.residual + at + v * lanes));
            const auto whole = hn::ConvertTo(df, hn::Sub(residual, hn::Set(d, results.residual_zero)));
            numbers[v] = hn::Add(numbers[v], hn::Mul(whole, hn::Set(df, results.residual_multiplier)));
        }
        if constexpr (!kBytes) hn::StoreU(numbers[v], df, results.numbers + at + v * lanes);
    });
    if constexpr (kBytes) store_bytes(numbers, results.zero, results.bytes + at);
}

HWY_INLINE void store_line(const IntVector* sums, const ByteResults& results, std::int64_t line) {
    if (results.bytes != nullptr)
        results.residual == nullptr ? store_line_as<false, true>(sums, results, line)
                                    : store_line_as<true, true>(sums, results, line);
    else
        results.residual == nullptr ? store_line_as<false, false>(sums, results, line)
                                    : store_line_as<true, false>(sums, results, line);
}

template <bool kVnni, int kVectors, int kTileLines>
void multiply_tile(const ByteBlock& block, const ByteTile& tile) {
    constexpr int kTileRows = kTileLines * kSums / kVectors;
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    IntVector sums[kTileLines * kSums];
    unrolled<kTileRows>([&](auto r) HWY_ATTR {
        unrolled<kVectors>([&](auto v)
                               HWY_ATTR { sums[r * kVectors + v] = hn::LoadU(d, tile.start + v * lanes); });
    });
    const std::int8_t* b = tile.b;
    for (const std::int64_t segment : block.segments) {
        const std::uint8_t* a = tile.a + segment;
        for (std::int64_t k = block.quads; k > 0; --k, a += kQuad, b += kByteColumns * kQuad) {
            IntVector columns[kVectors];
            for (int v = 0; v < kVectors; ++v) columns[v] = quads_at(b + kQuad * v * lanes);
            for (int r = 0; r < kTileRows; ++r) {
                const IntVector row = quad_at(a + r * block.a_row);
                for (int v = 0; v < kVectors; ++v)
                    sums[r * kVectors + v] = add_products<kVnni>(sums[r * kVectors + v], row, columns[v]);
            }
        }
    }
    unrolled<kTileLines>([&](auto line) HWY_ATTR {
        IntVector whole[kSums];  // a copy: sums whose address is taken would be stored by every step above
        unrolled<kSums>([&](auto v) HWY_ATTR { whole[v] = sums[line * kSums + v]; });
        store_line(whole, tile.results, line);
    });
}

using TileFunction = void (*)(const ByteBlock&, const ByteTile&);

template <bool kVnni, int kVectors>
TileFunction tile_of(std::int64_t lines) {
    static constexpr auto kFunctions = []<int... kIndices>(std::integer_sequence<int, kIndices...>) {
        return std::array<TileFunction, kLines>{multiply_tile<kVnni, kVectors, kIndices + 1>...};
    }
    (std::make_integer_sequence<int, kLines>());
    return kFunctions[static_cast<std::size_t>(lines - 1)];
}

// Some rows of a tile, of `width` columns each, of which `columns` are results: calls store(tile), whose lines hold one or
// more rows. Where rows of results do not lie as in lines, these are written into buffers, at most kMost of them.
template <std::int64_t kMost, class F>
HWY_INLINE void store_rows(ByteTile tile, std::int64_t rows, std::int64_t columns, std::int64_t width,
                           F store) {
    const std::int64_t line = step_of_bytes();
    const ByteResults to = tile.results;
    ByteResults& results = tile.results;
    if (columns == width && (width == line || (to.row == width && rows * width % line == 0))) {
        if (width < line) results.row = line;
        return store(tile);
    }
    std::uint8_t residual[kMost * kByteColumns] = {}, bytes[kMost * kByteColumns];
    float numbers[kMost * kByteColumns];
    for (std::int64_t r = 0; to.residual != nullptr && r < rows; ++r)
        std::copy_n(to.residual + r * to.row, columns, residual + r * width);
    results.residual = to.residual == nullptr ? nullptr : residual;
    results.bytes = to.bytes == nullptr ? nullptr : bytes;
    results.numbers = to.numbers == nullptr ? nullptr : numbers;
    results.row = line;
    store(tile);
    for (std::int64_t r = 0; r < rows; ++r) {
        if (to.bytes != nullptr) std::copy_n(bytes + r * width, columns, to.bytes + r * to.row);
        if (to.numbers != nullptr) std::copy_n(numbers + r * width, columns, to.numbers + r * to.row);
    }
}

// From row i and column j on.
HWY_INLINE ByteResults moved(ByteResults results, std::int64_t i, std::int64_t j) {
    const std::int64_t at = i * results.row + j;
    results.multiplier += j;
    if (results.residual != nullptr) results.residual += at;
    if (results.bytes != nullptr) results.bytes += at;
    if (results.numbers != nullptr) results.numbers += at;
    return results;
}

// The columns from j on, of which a line has all or, for several rows, kVectors vectors.
template <bool kVnni, int kVectors>
void multiply_columns(const ByteBlock& block, std::int64_t j) {
    constexpr std::int64_t kRowsOfLine = kSums / kVectors;
    if (block.rows < kRowsOfLine) return multiply_columns<kVnni, kSums>(block, j);
    const std::int64_t width = step_of_bytes() / kRowsOfLine, columns = std::min(width, block.columns - j);
    const std::int8_t* const b =
        block.b + (j / kByteColumns * block.all_quads() * kByteColumns + j % kByteColumns) * kQuad;
    const auto multiply = [&](std::int64_t i, std::int64_t lines) {
        const ByteTile tile{block.a + i * block.a_row, b, block.start + j, moved(block.results, i, j)};
        store_rows<kLines>(
            tile, lines * kRowsOfLine, columns, width,
            [&, function = tile_of<kVnni, kVectors>(lines)](const ByteTile& own) { function(block, own); });
    };
    const std::int64_t lines = block.rows / kRowsOfLine, tiles = (lines + kLines - 1) / kLines;
    std::int64_t i = 0;
    for (std::int64_t t = 0; t < tiles; ++t) {
        const std::int64_t count = lines / tiles + (t < lines % tiles ? 1 : 0);
        multiply(i, count);
        i += count * kRowsOfLine;
    }
    if (i < block.rows) multiply(block.rows - kRowsOfLine, 1);  // with some of the rows before
}

template <bool kVnni>
void multiply_tiles(const ByteBlock& block) {
    const std::int64_t line = step_of_bytes();
    if (block.rows == 0) return;
    for (std::int64_t j = 0; j < block.columns; j += line) {
        const std::int64_t panel = j - j % kByteColumns,
                           period = panel_period(std::min(kByteColumns, block.columns - panel));
        if (period * 4 == line)
            multiply_columns<kVnni, 1>(block, j);
        else if (period * 2 == line)
            multiply_columns<kVnni, 2>(block, j);
        else
            multiply_columns<kVnni, kSums>(block, j);
    }
}

// Sums that AMX left in memory: all rows of a few, then what they become.
void multiply_amx_tiles(const ByteBlock& block) {
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t line = step_of_bytes();
    alignas(64) std::int32_t sums[kAmxRows * kByteColumns];
    for (std::int64_t j = 0; j < block.columns; j += kByteColumns) {
        const std::int64_t period = panel_period(std::min(kByteColumns, block.columns - j)),
                           width = std::min(period, line);
        for (std::int64_t i = 0; i < block.rows; i += kAmxRows) {
            const std::int64_t rows = std::min(kAmxRows, block.rows - i),
                               lines = (rows * width + line - 1) / line;
            multiply_by_amx(block, i, rows, j, period, sums);
            for (std::int64_t l = 0; l < std::min(period, block.columns - j); l += width) {
                const ByteTile tile{nullptr, nullptr, block.start + j + l, moved(block.results, i, j + l)};
                store_rows<kAmxRows>(tile, rows, std::min(width, block.columns - j - l), width,
                                     [&](const ByteTile& own) HWY_ATTR {
                                         const std::int32_t* from = sums + l;
                                         for (std::int64_t k = 0; k < lines;
                                              ++k, from += std::max(period, line)) {
                                             IntVector whole[kSums];
                                             for (int v = 0; v < kSums; ++v)
                                                 whole[v] = hn::Add(hn::Load(d, from + v * lanes),
                                                                    hn::LoadU(d, own.start + v * lanes));
                                             store_line(whole, own.results, k);
                                         }
                                     });
            }
        }
    }
    release_amx();
}

void multiply_block(const ByteBlock& block) {
    if (takes_amx(block)) return multiply_amx_tiles(block);
    with_vnni([&](auto vnni) { multiply_tiles<vnni>(block); });
}

}  // namespace tern::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::gemm {

HWY_EXPORT(multiply_block);

ByteInstructions& byte_instructions() {
#if defined(__x86_64__)
    static ByteInstructions instructions{__builtin_cpu_supports("avx512vnni") != 0, may_use_amx()};
#else
    static ByteInstructions instructions;
#endif
    return instructions;
}

void multiply(const ByteBlock& block) { HWY_DYNAMIC_DISPATCH(multiply_block)(block); }

}  // namespace tern::gemm
#endif
