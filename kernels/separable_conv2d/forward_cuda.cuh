// Forward, one kernel: a block makes tiles of 8 x 16 pixels by 64 outputs, one after the other. For 16 channels at a time it
// normalises the pixels and their border once, filters them from shared memory into the tile of A from which gemm's product
// continues, and keeps the sums in registers; the filtered image is never stored. More than 64 outputs read and filter the tile
// again: 9 multiply-adds beside 64. Mean and variance of a block's tiles are merged as they come, those of all blocks by the last.
#pragma once

#include "tern/core/cuda/device/unknown.cuh"
#include "tern/kernels/gemm/product_fma_cuda.cuh"
#include "tern/kernels/separable_conv2d/moments_cuda.cuh"

namespace tern::separable_conv2d_passes::forward {

using gemm::fma::Quad;
using Tile = gemm::FmaWide;  // 128 pixels by 64 outputs
static_assert(Tile::kRows == kTilePixels);

inline constexpr int kThreads = gemm::kThreads, kDepth = Tile::kDepth;

// V floats to shared memory.
template <int V>
__device__ __forceinline__ void store_row(const float (&values)[V], float* to) {
    constexpr int kStored = channel_rows_cuda::kFloats<V>;
#pragma unroll
    for (int v = 0; v < V; v += kStored) {
        cuda::Pack<float, kStored> pack;
        for (int i = 0; i < kStored; ++i) pack[i] = values[v + i];
        cuda::store_pack<kStored>(to + v, pack);
    }
}

// taps[tap][channel of the step], zeros beyond the last channel. w: (C, 1, 3, 3)
template <class T>
__device__ __forceinline__ void fill_taps(const T* w, const Geometry& g, int first_channel, float* taps) {
    for (int i = cuda::unknown(static_cast<int>(threadIdx.x)); i < 9 * kDepth; i += kThreads) {
        const int channel = i / 9, tap = i % 9;  // neighbours in memory
        const bool inside = first_channel + channel < g.channels;
        taps[tap * kDepth + channel] = inside ? static_cast<float>(w[first_channel * 9 + i]) : 0.0f;
    }
}

// a = the filtered pixels of the tile. A thread makes four channels of four pixels below each other.
__device__ __forceinline__ void filter(const float* bordered, const float* taps, float* a) {
    constexpr int kQuads = kDepth / 4, kRows = 4;
    const int thread = static_cast<int>(threadIdx.x), channel = thread % kQuads * 4;
    const int column = thread / kQuads % kTileWidth, first_row = thread / (kQuads * kTileWidth) * kRows;
    Quad weights[9];
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) weights[tap] = cuda::load_pack<4>(taps + tap * kDepth + channel);
    float sums[kRows][4] = {};
#pragma unroll
    for (int row = 0; row < kRows + 2; ++row) {
#pragma unroll
        for (int kw = 0; kw < 3; ++kw) {
            const int entry = (first_row + row) * kBorderedWidth + column + kw;
            const Quad values = cuda::load_pack<4>(bordered + entry * kDepth + channel);
#pragma unroll
            for (int kh = 0; kh < 3; ++kh) {
                const int to = row - kh;
                if (to < 0 || to >= kRows) continue;
#pragma unroll
                for (int i = 0; i < 4; ++i) sums[to][i] += values[i] * weights[kh * 3 + kw][i];
            }
        }
    }
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll
        for (int i = 0; i < 4; ++i)
            a[gemm::fma::index<Tile::kRows>(channel + i, (first_row + row) * kTileWidth + column)] =
                sums[row][i];
}

// Which sums of a tile a thread has.
struct OwnSums {
    static constexpr int kRows = 4 * Tile::kRowPatches, kColumns = 4 * Tile::kColumnPatches;
    static constexpr int kTileColumns = Tile::kColumns, kThreadRows = Tile::kThreadRows;
    const gemm::fma::Sums<Tile>& sums;

    static __device__ int thread_row() { return static_cast<int>(threadIdx.x) / Tile::kThreadColumns; }
    static __device__ int row(int i) { return gemm::fma::Sums<Tile>::row(i / 4) + i % 4; }
    static __device__ int column(int j) { return gemm::fma::Sums<Tile>::column(j / 4) + j % 4; }
    __device__ float value(int i, int j) const { return sums.values[i][j]; }
};

// grid: (tiles of outputs, walkers). depthwise: (C, 1, 3, 3); kept: as x, or null
template <class T, int V>
__global__ void __launch_bounds__(kThreads, gemm::kFmaBlocks)
    separable_conv2d_forward_kernel(Input<T, normalize_device::AnyActivation> input, const T* depthwise,
                                    gemm::MatrixOperand<T, true> pointwise, gemm::Output<T> output,
                                    OutputMoments<T> moments, T* kept, Geometry g) {
    constexpr int kSizeB = kDepth * Tile::kColumns;
    TERN_SHARED(Quad, quads_bordered, kBorderedPixels * kDepth / 4);
    TERN_SHARED(Quad, quads_taps, 9 * kDepth / 4);
    TERN_SHARED(Quad, quads_a, kDepth * Tile::kRows / 4);
    TERN_SHARED(Quad, quads_b, 2 * kSizeB / 4);  // two buffers
    float* const bordered = reinterpret_cast<float*>(quads_bordered);
    float* const taps = reinterpret_cast<float*>(quads_taps);
    float* const a = reinterpret_cast<float*>(quads_a);
    float* const b = reinterpret_cast<float*>(quads_b);

    int first_output = static_cast<int>(blockIdx.x) * Tile::kColumns;
    const int walkers = static_cast<int>(gridDim.y), walker = static_cast<int>(blockIdx.y);
    TERN_SHARED(float, of_outputs, 3 * Tile::kColumns);
    const RunningMoments<OwnSums> running{of_outputs, of_outputs + Tile::kColumns,
                                          of_outputs + 2 * Tile::kColumns};
    running.clear();  // each thread reads what it has written
#pragma unroll 1
    for (int tile = walker; tile < g.tiles(); tile += walkers) {
        first_output = cuda::unknown(first_output);
        gemm::fma::Share<gemm::MatrixOperand<T, true>, V, Tile::kColumns, kDepth> share;
        gemm::fma::Sums<Tile> sums;
#pragma unroll 1
        for (int channel = 0; channel < g.channels; channel += kDepth) {
            const TilePlace place = g.place(cuda::unknown(tile));
            float* const own_b = b + channel / kDepth % 2 * kSizeB;
            const int own = static_cast<int>(threadIdx.x) % (kDepth / V) * V;
            visit_input<kDepth, kThreads, V>(input, g, place, channel, first_output == 0 ? kept : nullptr,
                                             [&](int entry, const float(&values)[V]) {
                                                 store_row<V>(values, bordered + entry * kDepth + own);
                                             });
            fill_taps(depthwise, g, channel, taps);
            share.fetch(pointwise, first_output, channel);
            share.put(pointwise, first_output, channel, own_b);
            __syncthreads();  // bordered, taps and b are filled, and the a before has been read
            filter(bordered, taps, a);
            __syncthreads();  // a is filled, and bordered and taps have been read
            sums.add(a, own_b);
        }

        const TilePlace place = g.place(cuda::unknown(tile));
        bool inside[OwnSums::kRows];
#pragma unroll
        for (int i = 0; i < OwnSums::kRows; ++i) {
            const int row = OwnSums::row(i);
            const int pixel =
                g.pixel(place.image, place.row + row / kTileWidth, place.column + row % kTileWidth);
            inside[i] = pixel >= 0;
            if (!inside[i]) continue;
#pragma unroll
            for (int p = 0; p < Tile::kColumnPatches; ++p) {
                const float quad[4] = {sums.values[i][4 * p], sums.values[i][4 * p + 1],
                                       sums.values[i][4 * p + 2], sums.values[i][4 * p + 3]};
                output.store(0, pixel, first_output + sums.column(p), quad);
            }
        }
        __syncthreads();  // a, now the lanes, and both buffers of b have been read
        if (moments.wanted()) running.add({sums}, inside, g.pixels_of(place), a, bordered);
    }
    if (!moments.wanted()) return;
    running.store(moments.merge.merge, walker, first_output + static_cast<int>(threadIdx.x));
    moments.finish(walker, first_output, Tile::kColumns);
}

}  // namespace tern::separable_conv2d_passes::forward
