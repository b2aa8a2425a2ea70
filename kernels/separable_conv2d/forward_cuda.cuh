// Forward, one kernel: a block makes tiles of 8 x 16 pixels by 64 outputs, one after the other. For 16 channels at a time it
// normalises the pixels and their border once, filters them from shared memory into the tile of A from which gemm's product
// continues, and keeps the sums in registers; the filtered image is never stored. More than 64 outputs read and filter the tile
// again: 9 multiply-adds beside 64. Mean and variance of a block's tiles are merged as they come, those of all blocks by the last.
#pragma once

#include "tern/core/cuda/device/unknown.cuh"
#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/gemm/product_fma_cuda.cuh"
#include "tern/kernels/separable_conv2d/tiles_cuda.cuh"
#include "tern/kernels/shared/last_block_cuda.cuh"

namespace tern::separable_conv2d_passes {

/// Mean and variance of the outputs.
struct OutputMoments {
    float* partial;  // (walkers, 3, O): mean without the bias, squared distances from it, pixels; or null
    float *mean, *variance;  // (O)
    unsigned* arrivals;
};

namespace forward {

using gemm::fma::Quad;
using Tile = gemm::FmaWide;  // 128 pixels by 64 outputs
static_assert(Tile::kRows == kTilePixels);

inline constexpr int kThreads = gemm::kThreads, kDepth = Tile::kDepth;
inline constexpr int kWalkers = 264;  // two blocks for each of an H100's 132 multiprocessors

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

inline constexpr int kOwnRows = 4 * Tile::kRowPatches, kOwnColumns = 4 * Tile::kColumnPatches;  // of a thread

// The sum of a column of the block, in the order of its thread rows, for the first Tile::kColumns threads.
// lanes: (thread rows, columns)
__device__ __forceinline__ float sum_column(const gemm::fma::Sums<Tile>& sums,
                                            const float (&own)[kOwnColumns], float* lanes) {
    const int thread = static_cast<int>(threadIdx.x);
    const int thread_row = thread / Tile::kThreadColumns;
#pragma unroll
    for (int j = 0; j < kOwnColumns; ++j)
        lanes[thread_row * Tile::kColumns + sums.column(j / 4) + j % 4] = own[j];
    __syncthreads();  // the lanes are filled
    float sum = 0.0f;
    for (int row = 0; thread < Tile::kColumns && row < Tile::kThreadRows; ++row)
        sum += lanes[row * Tile::kColumns + thread];
    __syncthreads();  // the lanes have been read
    return sum;
}

// Mean, squared distances from it and pixels of every output of a block so far, in shared memory: registers are all taken.
struct RunningMoments {
    float *mean, *squares;  // (Tile::kColumns)
    float* count;           // (Tile::kColumns), all equal

    /// Two passes over a tile's registers, then Chan, Golub, LeVeque 1979. means: (Tile::kColumns), shared
    __device__ __forceinline__ void add(const gemm::fma::Sums<Tile>& sums, const bool (&inside)[kOwnRows],
                                        int pixels, float* lanes, float* means) const {
        float own[kOwnColumns] = {};
#pragma unroll
        for (int i = 0; i < kOwnRows; ++i)
#pragma unroll
            for (int j = 0; j < kOwnColumns; ++j) own[j] += inside[i] ? sums.values[i][j] : 0.0f;
        const auto added = static_cast<float>(pixels);
        const float tile_mean = sum_column(sums, own, lanes) / added;
        const int thread = static_cast<int>(threadIdx.x);
        if (thread < Tile::kColumns) means[thread] = tile_mean;
        __syncthreads();  // the means are there
#pragma unroll
        for (int j = 0; j < kOwnColumns; ++j) {
            const float centre = means[sums.column(j / 4) + j % 4];
            own[j] = 0.0f;
#pragma unroll
            for (int i = 0; i < kOwnRows; ++i) {
                const float distance = inside[i] ? sums.values[i][j] - centre : 0.0f;
                own[j] += distance * distance;
            }
        }
        const float tile_squares = sum_column(sums, own, lanes);
        if (thread >= Tile::kColumns) return;
        const float total = count[thread] + added, distance = tile_mean - mean[thread], share = added / total;
        mean[thread] += distance * share;
        squares[thread] += tile_squares + distance * distance * count[thread] * share;
        count[thread] = total;
    }

    __device__ __forceinline__ void clear() const {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread < Tile::kColumns) mean[thread] = squares[thread] = count[thread] = 0.0f;
    }
    __device__ __forceinline__ void store(float* partial, int walker, int output, int outputs) const {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread >= Tile::kColumns || output >= outputs) return;
        float* const to = partial + static_cast<std::int64_t>(walker) * 3 * outputs + output;
        to[0] = mean[thread];
        to[outputs] = squares[thread];
        to[2 * outputs] = count[thread];
    }
};

// What MergeMoments asks of blocks: distances are from the bias, which the kernel's sums lack.
template <class T>
struct Walkers {
    const float* partial;  // (walkers, 3, O)
    const T* bias;         // or null
    const Geometry& g;

    __device__ double rows_of_block(int walker) const {
        return static_cast<double>(partial[(static_cast<std::int64_t>(walker) * 3 + 2) * g.outputs]);
    }
    __device__ double all_rows() const { return static_cast<double>(g.images) * g.height * g.width; }
    __device__ float origin(int output) const {
        return bias == nullptr ? 0.0f : static_cast<float>(bias[output]);
    }
};

// By one block: 32 outputs at a time, a warp for every fourth walker. sums: (warps, 32, 2), shared
template <class T>
__device__ __forceinline__ void merge_moments(const OutputMoments& moments, const T* bias, const Geometry& g,
                                              int walkers, double* sums) {
    constexpr int kWarps = kThreads / 32;
    const channel_moments_passes::MergeMoments<Walkers<T>> merge{
        {moments.partial, bias, g}, moments.mean, moments.variance};
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    for (int first = 0; first < g.outputs; first += 32) {
        const int output = first + lane;
        double sum = 0, squares = 0;
        if (output < g.outputs) {
#pragma unroll 8
            for (int walker = warp; walker < walkers; walker += kWarps) {
                const float* const from =
                    moments.partial + static_cast<std::int64_t>(walker) * 3 * g.outputs + output;
                merge.add(walker, from[0], from[g.outputs], sum, squares);
            }
        }
        double* const own = sums + (warp * 32 + lane) * 2;
        own[0] = sum;
        own[1] = squares;
        __syncthreads();  // sums is filled
        if (warp == 0 && output < g.outputs) {
            for (int other = 1; other < kWarps; ++other) {
                sum += sums[(other * 32 + lane) * 2];
                squares += sums[(other * 32 + lane) * 2 + 1];
            }
            merge.finish(output, sum, squares);
        }
        __syncthreads();  // sums has been read
    }
}

// grid: (tiles of outputs, walkers). depthwise: (C, 1, 3, 3); kept: as x, or null
template <class T, int V>
__global__ void __launch_bounds__(kThreads, gemm::kFmaBlocks)
    separable_conv2d_forward_kernel(Input<T> input, const T* depthwise,
                                    gemm::MatrixOperand<T, true> pointwise, gemm::Output<T> output,
                                    OutputMoments moments, T* kept, Geometry g) {
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
    const RunningMoments running{of_outputs, of_outputs + Tile::kColumns, of_outputs + 2 * Tile::kColumns};
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
        bool inside[kOwnRows];
#pragma unroll
        for (int i = 0; i < kOwnRows; ++i) {
            const int row = sums.row(i / 4) + i % 4;
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
        if (moments.partial != nullptr) running.add(sums, inside, g.pixels_of(place), a, bordered);
    }
    if (moments.partial == nullptr) return;
    running.store(moments.partial, walker, first_output + static_cast<int>(threadIdx.x), g.outputs);
    if (cuda::is_last_block(moments.arrivals))
        merge_moments(moments, output.bias, g, walkers, reinterpret_cast<double*>(quads_bordered));
}

}  // namespace forward
}  // namespace tern::separable_conv2d_passes
