// A tile of C stays in registers while one column of A and one row of B at a time are multiplied into it: per
// step 6 broadcasts and 4 vectors of B feed 24 multiply-adds, so the multiply-adds are what limits it.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/gemm/tile.cpp"
#include "tern/kernels/gemm/tile.hpp"

#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tern::gemm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 6x4 sums, 4 vectors of B and a broadcast are 29 of AVX-512's 32 registers; 6x2, 2 and 1 are 15 of 16.
constexpr int kRows = 6;
constexpr int kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

struct Tile {
    const float* a;
    const float* b;
    const float* start;  // may be null
    float* c;
    std::int64_t start_row, c_row;
};

template <int kTileRows, int kTileVectors>
void multiply_tile(const Block& block, const Tile& tile) {
    const D d;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    V sums[kTileRows][kTileVectors];
    for (int r = 0; r < kTileRows; ++r)
        for (int v = 0; v < kTileVectors; ++v)
            sums[r][v] = tile.start == nullptr ? hn::Zero(d)
                                               : hn::LoadU(d, tile.start + r * tile.start_row + v * lanes);
    const float* b = tile.b;
    for (const std::int64_t segment : block.segments) {
        const float* a[kTileRows];
        for (int r = 0; r < kTileRows; ++r) a[r] = tile.a + segment + r * block.a_row;
        const std::int64_t end = block.depth * block.a_column;
        for (std::int64_t k = 0; k != end; k += block.a_column, b += block.b_row) {
            V columns[kTileVectors];
            for (int v = 0; v < kTileVectors; ++v) columns[v] = hn::LoadU(d, b + v * lanes);
            for (int r = 0; r < kTileRows; ++r) {
                const V row = hn::Set(d, a[r][k]);
                for (int v = 0; v < kTileVectors; ++v) sums[r][v] = hn::MulAdd(row, columns[v], sums[r][v]);
            }
        }
    }
    for (int r = 0; r < kTileRows; ++r)
        for (int v = 0; v < kTileVectors; ++v) hn::StoreU(sums[r][v], d, tile.c + r * tile.c_row + v * lanes);
}

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
    float buffer[kRows * kPanelColumns] = {};
    for (std::int64_t r = 0; tile.start != nullptr && r < rows; ++r)
        std::copy_n(tile.start + r * tile.start_row, columns, buffer + r * kPanelColumns);
    float* const c = tile.c;
    tile.start = tile.c = buffer;
    const std::int64_t c_row = tile.c_row;
    tile.start_row = tile.c_row = kPanelColumns;
    tile_of(rows, vectors)(block, tile);
    for (std::int64_t r = 0; r < rows; ++r) std::copy_n(buffer + r * kPanelColumns, columns, c + r * c_row);
}

void multiply_block(const Block& block) {
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
    const std::int64_t width = kVectors * lanes, tiles = (block.rows + kRows - 1) / kRows;
    for (std::int64_t j = 0; j < block.columns; j += width) {
        const std::int64_t columns = std::min(width, block.columns - j),
                           vectors = (columns + lanes - 1) / lanes;
        const float* b = block.b + j / kPanelColumns * block.b_panel + j % kPanelColumns;
        // 32 rows are 6+6+5+5+5+5, not five times 6 and 2: short tiles wait for B.
        for (std::int64_t t = 0, i = 0; t < tiles; ++t) {
            const std::int64_t rows = (block.rows - i + tiles - t - 1) / (tiles - t);
            const Tile tile{block.a + i * block.a_row,
                            b,
                            block.start == nullptr ? nullptr : block.start + i * block.start_row + j,
                            block.c + i * block.c_row + j,
                            block.start_row,
                            block.c_row};
            if (vectors * lanes == columns)
                tile_of(rows, vectors)(block, tile);
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

void multiply(const Block& block) { HWY_DYNAMIC_DISPATCH(multiply_block)(block); }

}  // namespace tern::gemm
#endif
