// Forward on tensor cores: as forward_cuda.cuh, 32 channels at a time. The normalised input and the filtered one are rounded to T in
// shared memory, as they are where the parts store them; all weights of a block's 64 outputs stay there for all its tiles.
#pragma once

#include "tern/kernels/separable_conv2d/moments_cuda.cuh"
#include "tern/kernels/separable_conv2d/pairs_cuda.cuh"

namespace tern::separable_conv2d_passes::forward_mma {

using pairs::kDepth, pairs::kThreads, pairs::kWarps;

/// A warp makes 2 x 4 products of 16 x 8.
struct Tile {
    static constexpr int kRowProducts = 2, kColumnProducts = 4;
    static constexpr int kColumns = 2 * 8 * kColumnProducts;
};
using Sums = gemm::mma::Sums<Tile>;
static_assert(kWarps / 2 * 16 * Tile::kRowProducts == kTilePixels);

// Which sums of a tile a thread has.
struct OwnSums {
    static constexpr int kRows = 2 * Tile::kRowProducts, kColumns = 2 * Tile::kColumnProducts;
    static constexpr int kTileColumns = Tile::kColumns, kThreadRows = kWarps / 2 * 8;
    const Sums& sums;

    static __device__ int thread_row() { return Sums::warp() / 2 * 8 + Sums::group(); }
    static __device__ int row(int i) { return Sums::row(i / 2) + Sums::group() + i % 2 * 8; }
    static __device__ int column(int j) { return Sums::column(j / 2) + 2 * Sums::pair() + j % 2; }
    __device__ float value(int i, int j) const { return sums.values[i / 2][j / 2][i % 2 * 2 + j % 2]; }
};

/// Of a block, in elements of T.
struct SharedLayout {
    int channels;                                               // in whole steps
    bool residual;                                              // whether there is one
    static constexpr int kBordered = kBorderedPixels * kDepth;  // a buffer
    static constexpr int kStagedRow = Tile::kColumns + 8;       // eight rows meet no bank twice
    /// The filtered tile; then the tile of the output; then what moments are summed from.
    static constexpr int kFiltered = kTilePixels * kStagedRow;
    static_assert(kTilePixels * kDepth <= kFiltered);
    static_assert(OwnSums::kThreadRows * Tile::kColumns * 2 <= kFiltered);  // floats
    static_assert(kWarps * 32 * 2 * 4 <= kFiltered);                        // doubles

    __host__ __device__ SharedLayout(const Geometry& g, bool has_residual)
        : channels(pairs::in_steps(g.channels)), residual(has_residual) {}
    __host__ __device__ int filtered() const { return (residual ? 4 : 2) * kBordered; }  // buffers before it
    __host__ __device__ int weights() const { return filtered() + kFiltered; }  // (steps, kColumns, kDepth)
    __host__ __device__ int taps() const {
        return weights() + Tile::kColumns * channels;
    }  // (steps, 9, kDepth)
    std::size_t bytes() const { return 2 * static_cast<std::size_t>(taps() + 9 * channels); }
};

using FilteredBuffer = gemm::mma::Buffer<true, kTilePixels>;
using WeightsBuffer = gemm::mma::Buffer<true, Tile::kColumns>;

// The tile to `output`, by way of shared memory, so that packs are stored.
template <class T>
__device__ __forceinline__ void store_tile(const Sums& sums, const gemm::Output<T>& output, const Geometry& g,
                                           const TilePlace& place, int first_output, T* staged) {
    const OwnSums own{sums};
#pragma unroll
    for (int j = 0; j < OwnSums::kColumns; j += 2) {
        const int column = OwnSums::column(j);
        float bias[2] = {};
        if (output.bias != nullptr)
#pragma unroll
            for (int e = 0; e < 2; ++e)
                if (first_output + column + e < g.outputs)
                    bias[e] = static_cast<float>(output.bias[first_output + column + e]);
#pragma unroll
        for (int i = 0; i < OwnSums::kRows; ++i) {
            const float pair[2] = {own.value(i, j) + bias[0], own.value(i, j + 1) + bias[1]};
            cuda::store_floats<2>(pair, staged + OwnSums::row(i) * SharedLayout::kStagedRow + column);
        }
    }
    __syncthreads();  // the tile is there
    constexpr int kPack = cuda::kPackSize<T>, kPacks = Tile::kColumns / kPack;
#pragma unroll
    for (int i = static_cast<int>(threadIdx.x); i < kTilePixels * kPacks; i += kThreads) {
        const int pixel = g.pixel_at(place, inner_entry(i / kPacks)),
                  output_index = first_output + i % kPacks * kPack;
        if (pixel < 0 || output_index >= g.outputs) continue;
        const auto pack =
            cuda::load_pack<kPack>(staged + i / kPacks * SharedLayout::kStagedRow + i % kPacks * kPack);
        T* const to = output.element(0, pixel, output_index);
        if (output.wide) {
            cuda::store_pack<kPack>(to, pack);
        } else {
#pragma unroll
            for (int v = 0; v < kPack; ++v)
                if (output_index + v < g.outputs) to[v] = pack[v];
        }
    }
}

// grid: (tiles of outputs, walkers). depthwise: (C, 1, 3, 3), pointwise: (O, C); kept: as x, or null
template <class T, int V>
__global__ void __launch_bounds__(kThreads, 2)
    separable_conv2d_forward_mma_kernel(Input<T, Rectifier> input, const T* depthwise, const T* pointwise,
                                        gemm::Output<T> output, OutputMoments<T> moments, T* kept,
                                        Geometry g) {
    TERN_DYNAMIC_SHARED(T, memory);
    const SharedLayout shared(g, input.residual != nullptr);
    T* const filtered = memory + shared.filtered();
    T* const weights = memory + shared.weights();
    T* const taps = memory + shared.taps();
    TERN_SHARED(float, of_outputs, 4 * Tile::kColumns);
    const RunningMoments<OwnSums> running{of_outputs, of_outputs + Tile::kColumns,
                                          of_outputs + 2 * Tile::kColumns};
    float* const means = of_outputs + 3 * Tile::kColumns;
    running.clear();  // each thread reads what it has written

    const int first_output = static_cast<int>(blockIdx.x) * Tile::kColumns;
    const int walkers = static_cast<int>(gridDim.y), walker = static_cast<int>(blockIdx.y);
    const auto staged = [&](int buffer) {
        T* const a = memory + buffer * SharedLayout::kBordered;
        return pairs::StagedInput<T, V>{a, a + 2 * SharedLayout::kBordered};
    };
    cuda::AsyncCopies copies;
    int buffer = 0;
    staged(0).start(input, g, g.place(walker), 0, copies);
    pairs::fill_weights<V>(pointwise, g, first_output, Tile::kColumns, weights);
    pairs::fill_taps(depthwise, g.channels, taps);
#pragma unroll 1
    for (int tile = walker; tile < g.tiles(); tile += walkers) {
        Sums sums;
#pragma unroll 1
        for (int channel = 0; channel < g.channels; channel += kDepth) {
            const auto own = staged(buffer), other = staged(buffer ^ 1);
            own.finish(input, g, g.place(cuda::unknown(tile)), channel, first_output == 0 ? kept : nullptr,
                       copies);
            __syncthreads();  // a, weights and taps are filled, and the a and the filtered tile before have been read
            const bool last = channel + kDepth >= g.channels;
            const int next_tile = last ? tile + walkers : tile;
            if (next_tile < g.tiles())
                other.start(input, g, g.place(next_tile), last ? 0 : channel + kDepth, copies);
            pairs::filter(own.a, taps + channel * 9, [&](int row, const float(&pair)[2]) {
                const pairs::Column at;
                cuda::store_floats<2>(pair, filtered + gemm::mma::index(at.pixel(row), at.channel));
            });
            __syncthreads();  // the filtered tile is there
            sums.add(filtered, weights + channel * Tile::kColumns,
                     Sums::Places<FilteredBuffer, WeightsBuffer>());
            buffer ^= 1;
        }
        const TilePlace place = g.place(cuda::unknown(tile));
        __syncthreads();  // the filtered tile has been read
        store_tile(sums, output, g, place, first_output, filtered);
        __syncthreads();  // the staged tile has been read
        if (!moments.wanted()) continue;
        bool inside[OwnSums::kRows];
#pragma unroll
        for (int i = 0; i < OwnSums::kRows; ++i)
            inside[i] = g.pixel_at(place, inner_entry(OwnSums::row(i))) >= 0;
        running.add({sums}, inside, g.pixels_of(place), reinterpret_cast<float*>(filtered), means);
    }
    if (!moments.wanted()) return;
    running.store(moments.merge.merge, walker, first_output + static_cast<int>(threadIdx.x));
    moments.finish(walker, first_output, Tile::kColumns);
}

}  // namespace tern::separable_conv2d_passes::forward_mma
