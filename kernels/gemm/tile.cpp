// A tile of C stays in registers while one column of A and one row of B at a time are multiplied into it: per
// step 6 broadcasts and 4 vectors of B feed 24 multiply-adds, so the multiply-adds are what limits it.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/gemm/tile.cpp"
#include "tern/kernels/gemm/tile.hpp"

#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/kernels/gemm/bfloat16.hpp"
#include "tern/kernels/gemm/prefetch.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::gemm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::unrolled;

// 6x4 sums, 4 vectors of B and a broadcast are 29 of 32 registers, which AVX-512 has and 64-bit ARM; 6x2, 2 and 1 are 15 of 16.
constexpr int kRows = 6;
constexpr int kVectors = HWY_TARGET <= HWY_AVX3 || (HWY_ARCH_ARM_A64 && HWY_TARGET != HWY_SCALAR) ? 4 : 2;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Lines that a tile fetches ahead per column of A: half of those of B, 1 at least.
constexpr std::int64_t kLines = hn::MaxLanes(D()) > 8 ? 2 : 1;

struct Tile {
    const float* a;
    const float* b;
    const float* start;  // may be null
    float* c;
    std::int64_t start_row, c_row;
    const float* ahead;  // fetched meanwhile, from there on
    std::int64_t ahead_step;
};

template <int kTileRows, int kTileVectors>
void multiply_tile(const Block& block, const Tile& tile) {
    const D d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    V sums[kTileRows * kTileVectors];
    const auto for_each_sum = [&](auto function) HWY_ATTR {
        unrolled<kTileRows>([&](auto r) HWY_ATTR {
            unrolled<kTileVectors>([&](auto v) HWY_ATTR { function(sums[r * kTileVectors + v], r(), v()); });
        });
    };
    if (tile.start == nullptr)
        for_each_sum([&](V& sum, int, int) HWY_ATTR { sum = hn::Zero(d); });
    else
        for_each_sum([&](V& sum, int r, int v)
                         HWY_ATTR { sum = hn::LoadU(d, tile.start + r * tile.start_row + v * lanes); });

    const float* b = tile.b;
    const std::int64_t a_row = block.a_row, a_column = block.a_column, b_row = block.b_row,
                       b_panel = block.b_panel;
    const float* ahead = tile.ahead;
    for (const std::int64_t segment : block.segments) {
        // Two pointers: multiples of a_row up to 5 would take more registers than there are.
        const float *a = tile.a + segment, *lower = a + 3 * a_row;
        for (std::int64_t k = block.depth; k > 0; --k, a += a_column, lower += a_column, b += b_row) {
            V columns[kTileVectors];
            unrolled<kTileVectors>([&](auto v) HWY_ATTR {
                columns[v] =
                    hn::LoadU(d, b + v * lanes / kPanelColumns * b_panel + v * lanes % kPanelColumns);
            });
            unrolled<kTileRows>([&](auto r) HWY_ATTR {
                const V row = hn::Set(d, r < 3 ? a[r * a_row] : lower[(r - 3) * a_row]);
                unrolled<kTileVectors>([&](auto v) HWY_ATTR {
                    V& sum = sums[r * kTileVectors + v];
                    sum = hn::MulAdd(row, columns[v], sum);
                });
            });
            for (std::int64_t l = 0; l < kLines; ++l) __builtin_prefetch(ahead + l * kLine, 0, 2);
            ahead += tile.ahead_step;
        }
    }
    for_each_sum([&](V& sum, int r, int v)
                     HWY_ATTR { hn::StoreU(sum, d, tile.c + r * tile.c_row + v * lanes); });
}

// By reference: a copy on the stack is written in words and read in vectors, which waits for the words.
using TileFunction = void (*)(const Block&, const Tile&);

template <int kTileVectors>
TileFunction tile_of_rows(std::int64_t rows) {
    constexpr TileFunction kFunctions[kRows] = {
        multiply_tile<1, kTileVectors>, multiply_tile<2, kTileVectors>, multiply_tile<3, kTileVectors>,
        multiply_tile<4, kTileVectors>, multiply_tile<5, kTileVectors>, multiply_tile<6, kTileVectors>};
    return kFunctions[rows - 1];
}

TileFunction tile_of(std::int64_t rows, std::int64_t vectors) {
    if (vectors == 1) return tile_of_rows<1>(rows);
    if (vectors == 2) return tile_of_rows<2>(rows);
    if constexpr (kVectors > 2) {
        if (vectors == 3) return tile_of_rows<3>(rows);
        return tile_of_rows<4>(rows);
    }
    return nullptr;  // there are no wider tiles
}

// A tile whose last vector ends beyond C: through a buffer.
void multiply_edge(const Block& block, Tile tile, std::int64_t rows, std::int64_t vectors,
                   std::int64_t columns) {
    float buffer[kRows * kTileColumns] = {};
    for (std::int64_t r = 0; tile.start != nullptr && r < rows; ++r)
        std::copy_n(tile.start + r * tile.start_row, columns, buffer + r * kTileColumns);
    float* const c = tile.c;
    tile.start = tile.c = buffer;
    const std::int64_t c_row = tile.c_row;
    tile.start_row = tile.c_row = kTileColumns;
    tile_of(rows, vectors)(block, tile);
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(buffer + r * kTileColumns, columns, c + r * c_row);
}

void multiply_block(const Block& block) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
    const std::int64_t width = kVectors * lanes, tiles = (block.rows + kRows - 1) / kRows;
    if (tiles == 0) return;
    // 32 rows are 6+6+5+5+5+5, not five times 6 and 2: short tiles wait for B.
    const std::int64_t short_rows = block.rows / tiles, long_tiles = block.rows % tiles;
    PrefetchAhead ahead(block, (block.columns + width - 1) / width * tiles);
    const std::int64_t terms = std::max<std::int64_t>(block.terms(), 1);
    std::int64_t counted = 0, step = 0;  // of the last share
    for (std::int64_t j = 0; j < block.columns; j += width) {
        const std::int64_t columns = std::min(width, block.columns - j),
                           vectors = (columns + lanes - 1) / lanes;
        const float* b = block.b + j / kPanelColumns * block.b_panel + j % kPanelColumns;
        const TileFunction short_tile = tile_of(short_rows, vectors),
                           long_tile = long_tiles > 0 ? tile_of(short_rows + 1, vectors) : nullptr;
        for (std::int64_t t = 0, i = 0; t < tiles; ++t) {
            const bool is_long = t < long_tiles;
            const std::int64_t rows = short_rows + (is_long ? 1 : 0);
            Lines share = ahead.next();
            share.fetch_beyond(terms * kLines);
            if (share.count != counted) {  // most are alike, and a division takes its time
                counted = share.count;
                step = (counted * kLine + terms - 1) / terms;
            }
            float* const c = block.c + i * block.c_row + j;
            // Evenly, in steps of numbers, not of lines; where there is nothing, a line of C again and again.
            const float* const from = share.count > 0 ? share.first : c;
            const Tile tile{block.a + i * block.a_row,
                            b,
                            block.start == nullptr ? nullptr : block.start + i * block.start_row + j,
                            c,
                            block.start_row,
                            block.c_row,
                            from,
                            step};
            prefetch_rows(block, i + rows, std::min(i + rows + kRows, block.rows), j, columns);
            if (j == 0 && block.next_depth > 0)
                prefetch_terms(block, t * block.next_depth / tiles, (t + 1) * block.next_depth / tiles);
            if (vectors * lanes == columns)
                (is_long ? long_tile : short_tile)(block, tile);
            else
                multiply_edge(block, tile, rows, vectors, columns);
            i += rows;
        }
    }
}

}  // namespace tern::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::gemm {

HWY_EXPORT(multiply_block);

void multiply(const Block& block) {
    if (block.products == Products::bfloat16) return multiply_in_bfloat16(block);
    HWY_DYNAMIC_DISPATCH(multiply_block)(block);
}

}  // namespace tern::gemm
#endif
