// Where the sums of a product go: rounded once into the result, or, where the depth was split, as float32
// into a workspace whose parts a second kernel adds in their order.
#pragma once

#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace tern::gemm {

template <class T>
struct Output {
    T* data;        // group g starts g * group_step elements after the one before
    const T* bias;  // (groups, columns), or null
    int rows, columns, row_step, group_step = 0;
    /// More than 1: a filter (O, I, KH, KW), of which a row's columns come as (KH, KW, I); put in order by
    /// the second kernel, without which there is no such output.
    int taps = 1;
    /// Packs of four neighbours can be stored: four divides steps and columns, and the address allows it.
    bool wide = false;
    float* partial = nullptr;  // (splits, groups, rows, columns), or null: no split

    __device__ T* element(int group, int row, int column) const {
        return data + group * group_step + row * row_step + column;
    }

    __device__ T rounded(float sum, int group, int column) const {
        if (bias != nullptr) sum += static_cast<float>(bias[group * columns + column]);
        return static_cast<T>(sum);
    }

    /// N sums of neighbouring columns, N = 2 or 4; those outside are left out.
    template <int N>
    __device__ __forceinline__ void store(int group, int row, int column, const float (&sums)[N]) const {
        if (row >= rows || column >= columns) return;
        if (partial != nullptr) {
            const std::int64_t before = static_cast<std::int64_t>(blockIdx.z) * gridDim.y + group;
            float* const to = partial + (before * rows + row) * columns + column;
            if (columns % N == 0) {
                cuda::Pack<float, N> pack;
                for (int i = 0; i < N; ++i) pack[i] = sums[i];
                cuda::store_pack<N>(to, pack);
            } else {
                for (int i = 0; i < N; ++i)
                    if (column + i < columns) to[i] = sums[i];
            }
        } else if (wide) {
            cuda::Pack<T, N> pack;
            for (int i = 0; i < N; ++i) pack[i] = rounded(sums[i], group, column + i);
            cuda::store_pack<N>(element(group, row, column), pack);
        } else {
            T* const to = element(group, row, column);
            for (int i = 0; i < N; ++i)
                if (column + i < columns) to[i] = rounded(sums[i], group, column + i);
        }
    }
};

inline constexpr int kMergeColumns = 32, kMergeRows = 8;

// Adds the parts of a workspace. Each thread sums a run of the splits, and the runs are added in order.
// grid: (outputs / kMergeColumns); block: (kMergeColumns, kMergeRows)
template <class T>
__global__ void merge_splits_kernel(Output<T> output, int groups, int splits) {
    TERN_SHARED(float, runs, kMergeColumns* kMergeRows);
    const int column = static_cast<int>(threadIdx.x), run = static_cast<int>(threadIdx.y);
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kMergeColumns + column;
    const std::int64_t count = static_cast<std::int64_t>(groups) * output.rows * output.columns;
    const int length = (splits + kMergeRows - 1) / kMergeRows;
    const int last = min(splits, (run + 1) * length);
    float sum = 0.0f;
    for (int split = run * length; i < count && split < last; ++split)
        sum += output.partial[split * count + i];
    runs[run * kMergeColumns + column] = sum;
    __syncthreads();  // runs is filled
    if (run > 0 || i >= count) return;
    for (int r = 1; r < kMergeRows; ++r) sum += runs[r * kMergeColumns + column];
    const int of_group = static_cast<int>(i % (static_cast<std::int64_t>(output.rows) * output.columns));
    const int group = static_cast<int>(i / (static_cast<std::int64_t>(output.rows) * output.columns));
    const int row = of_group / output.columns, of_row = of_group % output.columns;
    const int channels = output.columns / output.taps;
    const int column_of_output = of_row % channels * output.taps + of_row / channels;
    *output.element(group, row, column_of_output) = output.rounded(sum, group, of_row);
}

template <class T>
void launch_merge(const Output<T>& output, int groups, int splits, const Stream& stream) {
    const std::int64_t count = static_cast<std::int64_t>(groups) * output.rows * output.columns;
    cuda::launch(merge_splits_kernel<T>,
                 {dim3(cuda::blocks_for(count, kMergeColumns)), dim3(kMergeColumns, kMergeRows)}, stream,
                 output, groups, splits);
}

}  // namespace tern::gemm
