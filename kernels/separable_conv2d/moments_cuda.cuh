// Mean and variance of the outputs of the forward kernels: of a block's tiles as they come, then of all blocks.
#pragma once

#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/separable_conv2d/tiles_cuda.cuh"

namespace tern::separable_conv2d_passes {

/// A walker leaves for each output the mean without the bias, squared distances from it, and pixels.
template <class T>
struct MergeWalkers {
    using Sum = cuda::SumPair;
    channel_moments_passes::MergeMoments moments;
    float* partial;  // (walkers, 3, O)
    const T* bias;   // (O), or null
    int outputs;

    __device__ void add(Sum& sum, int walker, int output) const {
        const float* const from = at(walker, output);
        moments.add(static_cast<double>(from[2 * outputs]), from[0], from[outputs], sum);
    }
    __device__ void finish(int output, const Sum& sum) const {
        const float origin = bias == nullptr ? 0.0f : static_cast<float>(bias[output]);
        moments.finish(output, origin, sum.first, sum.second);
    }
    __device__ float* at(int walker, int output) const {
        return partial + static_cast<std::int64_t>(walker) * 3 * outputs + output;
    }
};

/// Where a forward kernel leaves mean and variance of its outputs.
template <class T>
struct OutputMoments {
    cuda::BlockMerge<MergeWalkers<T>> merge;

    __device__ bool wanted() const { return merge.merge.partial != nullptr; }
    /// By all threads of a block at its end, whose walker has stored `columns` outputs from `first` on.
    __device__ __forceinline__ void finish(int walker, int first, int columns) const {
        const int outputs = merge.merge.outputs;
        merge.finish_block(walker, static_cast<int>(blockIdx.x),
                           cuda::Span{first, min(columns, outputs - first)});
    }
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
    template <class T>
    __device__ __forceinline__ void store(const MergeWalkers<T>& merge, int walker, int output) const {
        const int thread = static_cast<int>(threadIdx.x);
        if (thread >= kColumns || output >= merge.outputs) return;
        float* const to = merge.at(walker, output);
        to[0] = mean[thread];
        to[merge.outputs] = squares[thread];
        to[2 * merge.outputs] = count[thread];
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

}  // namespace tern::separable_conv2d_passes
