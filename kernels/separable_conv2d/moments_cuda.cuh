// Mean and variance of the outputs of the forward kernels: of a block's tiles as they come, then of all blocks by the last.
#pragma once

#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/separable_conv2d/tiles_cuda.cuh"
#include "tern/kernels/shared/last_block_cuda.cuh"

namespace tern::separable_conv2d_passes {

/// Mean and variance of the outputs.
struct OutputMoments {
    float* partial;  // (walkers, 3, O): mean without the bias, squared distances from it, pixels; or null
    float *mean, *variance;  // (O)
    unsigned* arrivals;
};

/// Mean, squared distances from it and pixels of every output of a block so far, in shared memory: registers are all taken.
/// Own: which sums of a tile a thread has, kRows by kColumns of them: value(i, j), in column(j) of the tile's kTileColumns,
/// each of which kThreadRows threads share; thread_row() says which one this is.
template <class Own>
struct RunningMoments {
    static constexpr int kColumns = Own::kTileColumns;
    float *mean, *squares;  // (kColumns)
    float* count;           // (kColumns), all equal

    /// Two passes over a tile's registers, then Chan, Golub, LeVeque 1979. lanes: (kThreadRows, kColumns), means: (kColumns),
    /// both shared
    __device__ __forceinline__ void add(const Own& sums, const bool (&inside)[Own::kRows], int pixels,
                                        float* lanes, float* means) const {
        float own[Own::kColumns] = {};
#pragma unroll
        for (int i = 0; i < Own::kRows; ++i)
#pragma unroll
            for (int j = 0; j < Own::kColumns; ++j) own[j] += inside[i] ? sums.value(i, j) : 0.0f;
        const auto added = static_cast<float>(pixels);
        const float tile_mean = sum_column(own, lanes) / added;
        const int thread = static_cast<int>(threadIdx.x);
        if (thread < kColumns) means[thread] = tile_mean;
        __syncthreads();  // the means are there
#pragma unroll
        for (int j = 0; j < Own::kColumns; ++j) {
            const float centre = means[Own::column(j)];
            own[j] = 0.0f;
#pragma unroll
            for (int i = 0; i < Own::kRows; ++i) {
                const float distance = inside[i] ? sums.value(i, j) - centre : 0.0f;
                own[j] += distance * distance;
            }
        }
        const float tile_squares = sum_column(own, lanes);
        if (thread >= kColumns) return;
        const float total = count[thread] + added, distance = tile_mean - mean[thread], share = added / total;
        mean[thread] += distance * share;
        squares[thread] += tile_squares + distance * distance * count[thread] * share;
        count[thread] = total;
    }

    __device__ __forceinline__ void clear() const {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread < kColumns) mean[thread] = squares[thread] = count[thread] = 0.0f;
    }
    __device__ __forceinline__ void store(float* partial, int walker, int output, int outputs) const {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread >= kColumns || output >= outputs) return;
        float* const to = partial + static_cast<std::int64_t>(walker) * 3 * outputs + output;
        to[0] = mean[thread];
        to[outputs] = squares[thread];
        to[2 * outputs] = count[thread];
    }

  private:
    // The sum of a column of the block, in the order of its thread rows, for the first kColumns threads.
    static __device__ __forceinline__ float sum_column(const float (&own)[Own::kColumns], float* lanes) {
        const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
        for (int j = 0; j < Own::kColumns; ++j) lanes[Own::thread_row() * kColumns + Own::column(j)] = own[j];
        __syncthreads();  // the lanes are filled
        float sum = 0.0f;
        for (int row = 0; thread < kColumns && row < Own::kThreadRows; ++row)
            sum += lanes[row * kColumns + thread];
        __syncthreads();  // the lanes have been read
        return sum;
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

/// By one block of kWarps warps: 32 outputs at a time, a warp for every kWarps-th walker. sums: (kWarps, 32, 2), shared
template <int kWarps, class T>
__device__ __forceinline__ void merge_moments(const OutputMoments& moments, const T* bias, const Geometry& g,
                                              int walkers, double* sums) {
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

}  // namespace tern::separable_conv2d_passes
