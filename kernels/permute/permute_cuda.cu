// Bytes are moved, whatever they mean. If the last dimensions stay last, rows are copied. Else a block turns
// a tile of 32 x 32 elements in shared memory: read along the input's rows, written along the output's.
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/shared/copy_cuda.cuh"

namespace tern::permute_passes {
namespace {

constexpr std::uint32_t kTile = 32;
constexpr std::uint32_t kRows = 8;  // rows of a tile that a block moves at once

// x[c + r stride_x] goes to y[c stride_y + r], for every step of `others` (offsets in y and x).
struct Turn {
    DeviceNest<2> others;
    std::uint32_t rows, columns, row_tiles, column_tiles, stride_x, stride_y;
};

// grid: (row tiles * column tiles * steps of others); block: (kTile, kRows)
template <class T>
__global__ void permute_tile_kernel(const T* x, T* y, Turn turn) {
    TERN_SHARED(T, tile, kTile * (kTile + 1));  // a column more: the lanes of a warp hit different banks
    const std::uint32_t first_row = blockIdx.x % turn.row_tiles * kTile, rest = blockIdx.x / turn.row_tiles;
    const std::uint32_t first_column = rest % turn.column_tiles * kTile;
    const auto at = turn.others.offsets_of(rest / turn.column_tiles);
    const std::uint32_t column = first_column + threadIdx.x, row = first_row + threadIdx.x;
    for (std::uint32_t r = threadIdx.y; r < kTile; r += kRows) {
        if (first_row + r < turn.rows && column < turn.columns)
            tile[r * (kTile + 1) + threadIdx.x] = x[at.v[1] + column + (first_row + r) * turn.stride_x];
    }
    __syncthreads();  // the tile is filled
    for (std::uint32_t c = threadIdx.y; c < kTile; c += kRows) {
        if (first_column + c < turn.columns && row < turn.rows)
            y[at.v[0] + (first_column + c) * turn.stride_y + row] = tile[threadIdx.x * (kTile + 1) + c];
    }
}

// `across` is the loop along which x is contiguous; y is so along the innermost one.
void launch_turn(const LoopNest<2>& nest, int across, const Tensor& x, const Tensor& y,
                 const Stream& stream) {
    const auto columns = nest.loop(across), rows = nest.innermost();
    LoopNest<2> others;
    for (int d = 0; d < nest.rank() - 1; ++d) {
        if (d != across) others.add(nest.loop(d).extent, nest.loop(d).strides);
    }
    const unsigned row_tiles = cuda::blocks_for(rows.extent, kTile),
                   column_tiles = cuda::blocks_for(columns.extent, kTile);
    const Turn turn{device_nest(others),
                    static_cast<std::uint32_t>(rows.extent),
                    static_cast<std::uint32_t>(columns.extent),
                    row_tiles,
                    column_tiles,
                    static_cast<std::uint32_t>(rows.strides[1]),
                    static_cast<std::uint32_t>(columns.strides[0])};
    const std::int64_t tiles = others.numel() * row_tiles * column_tiles;
    visit_word(size_of(x.dtype()), [&]<class Word>() {
        cuda::launch(permute_tile_kernel<Word>, {dim3(cuda::blocks_for(tiles, 1)), dim3(kTile, kRows)},
                     stream, reinterpret_cast<const Word*>(x.raw_data()),
                     reinterpret_cast<Word*>(y.raw_data()), turn);
    });
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::vector<int>& order = pass.params.order;
    const auto strides_x = row_major_strides(x.shape()), strides_y = row_major_strides(y.shape());
    LoopNest<2> nest;
    for (int d = 0; d < y.rank(); ++d) nest.add(y.dim(d), {strides_y[d], strides_x[order[d]]});
    if (nest.numel() == 0) return;
    int across = 0;
    while (across < nest.rank() && nest.loop(across).strides[1] != 1) ++across;
    if (across >= nest.rank() - 1)
        launch_copy(nest, x.raw_data(), y.raw_data(), size_of(x.dtype()), stream);
    else
        launch_turn(nest, across, x, y, stream);
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_cuda_offsets(tensors_of(pass), why_not);
}

}  // namespace tern::permute_passes
