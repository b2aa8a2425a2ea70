// 6 x 4 sums, 4 vectors of B and a quad of A are 29 of AVX-512's 32 registers; with AVX2, 2 x 4.
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

constexpr int kRows = HWY_TARGET == HWY_AVX3 ? 6 : 2;

struct ByteTile {
    const std::uint8_t* a;
    const std::int8_t* b;
    const std::int32_t* start;
    ByteResults results;  // of its first element
};

template <bool kResidual, bool kBytes>
HWY_INLINE void store_row_as(const IntVector* sums, const ByteResults& results, std::int64_t row) {
    const Ints d;
    const Floats df;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t at = row * results.row;
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

// A row of a tile whose first element has these results.
HWY_INLINE void store_row(const IntVector* sums, const ByteResults& results, std::int64_t row) {
    if (results.bytes != nullptr)
        results.residual == nullptr ? store_row_as<false, true>(sums, results, row)
                                    : store_row_as<true, true>(sums, results, row);
    else
        results.residual == nullptr ? store_row_as<false, false>(sums, results, row)
                                    : store_row_as<true, false>(sums, results, row);
}

template <bool kVnni, int kTileRows>
void multiply_tile(const ByteBlock& block, const ByteTile& tile) {
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    IntVector sums[kTileRows * kSums];
    unrolled<kTileRows>([&](auto r) HWY_ATTR {
        unrolled<kSums>([&](auto v) HWY_ATTR { sums[r * kSums + v] = hn::LoadU(d, tile.start + v * lanes); });
    });
    const std::int8_t* b = tile.b;
    for (const std::int64_t segment : block.segments) {
        const std::uint8_t* a = tile.a + segment;
        for (std::int64_t k = block.quads; k > 0; --k, a += kQuad, b += kByteColumns * kQuad) {
            IntVector columns[kSums];
            for (int v = 0; v < kSums; ++v) columns[v] = quads_at(b + kQuad * v * lanes);
            for (int r = 0; r < kTileRows; ++r) {
                const IntVector row = quad_at(a + r * block.a_row);
                for (int v = 0; v < kSums; ++v)
                    sums[r * kSums + v] = add_products<kVnni>(sums[r * kSums + v], row, columns[v]);
            }
        }
    }
    unrolled<kTileRows>([&](auto r) HWY_ATTR { store_row(sums + r * kSums, tile.results, r); });
}

using TileFunction = void (*)(const ByteBlock&, const ByteTile&);

template <bool kVnni>
TileFunction tile_of(std::int64_t rows) {
    static constexpr auto kFunctions = []<int... kIndices>(std::integer_sequence<int, kIndices...>) {
        return std::array<TileFunction, kRows>{multiply_tile<kVnni, kIndices + 1>...};
    }
    (std::make_integer_sequence<int, kRows>());
    return kFunctions[static_cast<std::size_t>(rows - 1)];
}

// A tile that ends beyond the last column: `store` writes into buffers.
template <std::int64_t kMost, class F>
void through_buffers(ByteTile tile, std::int64_t rows, std::int64_t columns, F store) {
    std::uint8_t residual[kMost * kByteColumns] = {}, bytes[kMost * kByteColumns];
    float numbers[kMost * kByteColumns];
    const ByteResults to = tile.results;
    ByteResults& results = tile.results;
    for (std::int64_t r = 0; to.residual != nullptr && r < rows; ++r)
        std::copy_n(to.residual + r * to.row, columns, residual + r * kByteColumns);
    results.residual = to.residual == nullptr ? nullptr : residual;
    results.bytes = to.bytes == nullptr ? nullptr : bytes;
    results.numbers = to.numbers == nullptr ? nullptr : numbers;
    results.row = kByteColumns;
    store(tile);
    for (std::int64_t r = 0; r < rows; ++r) {
        if (to.bytes != nullptr) std::copy_n(bytes + r * kByteColumns, columns, to.bytes + r * to.row);
        if (to.numbers != nullptr) std::copy_n(numbers + r * kByteColumns, columns, to.numbers + r * to.row);
    }
}

// From row i and column j on.
ByteResults moved(ByteResults results, std::int64_t i, std::int64_t j) {
    const std::int64_t at = i * results.row + j;
    results.multiplier += j;
    if (results.residual != nullptr) results.residual += at;
    if (results.bytes != nullptr) results.bytes += at;
    if (results.numbers != nullptr) results.numbers += at;
    return results;
}

template <bool kVnni>
void multiply_tiles(const ByteBlock& block) {
    const std::int64_t width = step_of_bytes(), tiles = (block.rows + kRows - 1) / kRows;
    if (tiles == 0) return;
    const std::int64_t short_rows = block.rows / tiles, long_tiles = block.rows % tiles;
    for (std::int64_t j = 0; j < block.columns; j += width) {
        const std::int64_t columns = std::min(width, block.columns - j);
        const std::int8_t* const b =
            block.b + (j / kByteColumns * block.all_quads() * kByteColumns + j % kByteColumns) * kQuad;
        for (std::int64_t t = 0, i = 0; t < tiles; ++t) {
            const std::int64_t rows = short_rows + (t < long_tiles ? 1 : 0);
            const TileFunction function = tile_of<kVnni>(rows);
            const ByteTile tile{block.a + i * block.a_row, b, block.start + j, moved(block.results, i, j)};
            if (columns == width)
                function(block, tile);
            else
                through_buffers<kRows>(tile, rows, columns,
                                       [&](const ByteTile& own) { function(block, own); });
            i += rows;
        }
    }
}

// Sums that AMX left in memory: all rows of a few, then what they become.
void multiply_amx_tiles(const ByteBlock& block) {
    const Ints d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t width = step_of_bytes();
    alignas(64) std::int32_t sums[kAmxRows * kByteColumns];
    for (std::int64_t j = 0; j < block.columns; j += kByteColumns) {
        for (std::int64_t i = 0; i < block.rows; i += kAmxRows) {
            const std::int64_t rows = std::min(kAmxRows, block.rows - i);
            multiply_by_amx(block, i, rows, j, sums);
            for (std::int64_t l = 0; l < std::min(kByteColumns, block.columns - j); l += width) {
                const std::int64_t columns = std::min(width, block.columns - j - l);
                const auto store = [&](const ByteTile& tile) HWY_ATTR {
                    for (std::int64_t r = 0; r < rows; ++r) {
                        IntVector row[kSums];
                        for (int v = 0; v < kSums; ++v)
                            row[v] = hn::Add(hn::Load(d, sums + r * kByteColumns + l + v * lanes),
                                             hn::LoadU(d, tile.start + v * lanes));
                        store_row(row, tile.results, r);
                    }
                };
                const ByteTile tile{nullptr, nullptr, block.start + j + l, moved(block.results, i, j + l)};
                if (columns == width)
                    store(tile);
                else
                    through_buffers<kAmxRows>(tile, rows, columns, store);
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
