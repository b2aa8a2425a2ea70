// Where the sums of a product go: rounded once into the result, or, where the depth was split, as float32
// into a workspace whose parts are merged in their order.
#pragma once

#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/shared/merge_cuda.cuh"

namespace tern::gemm {

template <class T>
struct Output {
    T* data;        // group g starts g * group_step elements after the one before
    const T* bias;  // (groups, columns), or null
    int rows, columns, row_step, group_step = 0;
    /// More than 1: a filter (O, I, KH, KW), of which a row's columns come as (KH, KW, I); put in order by
    /// the merge, without which there is no such output.
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

/// Adds the parts of a workspace.
template <class T>
struct MergeSplits {
    using Sum = float;
    Output<T> output;
    int groups;

    __host__ __device__ int count() const { return groups * output.rows * output.columns; }
    __device__ void add(float& sum, int split, int i) const {
        sum += output.partial[static_cast<std::int64_t>(split) * count() + i];
    }
    __device__ void finish(int i, float sum) const {
        const int line = i / output.columns, column = i % output.columns;
        const int group = line / output.rows, row = line % output.rows;
        const int channels = output.columns / output.taps;
        const int column_of_output = column % channels * output.taps + column / channels;
        *output.element(group, row, column_of_output) = output.rounded(sum, group, column);
    }
};

/// What a block has of an output: rows by columns from a place on.
template <int kRows, int kColumns>
struct TileSpan {
    int group, first_row, first_column, rows, columns;  // rows and columns of the output
    static constexpr int size = kRows * kColumns;

    __device__ int at(int j) const {
        const int row = first_row + j / kColumns, column = first_column + j % kColumns;
        return row < rows && column < columns ? (group * rows + row) * columns + column : -1;
    }
};

}  // namespace tern::gemm
