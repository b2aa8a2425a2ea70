// Threads that share a row: a warp where the row is short, a block where it is long. For softmax and its
// loss.
#pragma once

#include <cstdint>
#include <limits>

#include "tern/core/cuda/device/warp.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace tern::row_group_cuda {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr int kThreads = 256;  // per block
/// Elements from which a row gets a block: 32 per lane of a warp.
inline constexpr std::int64_t kLongRow = 1024;

/// kRowThreads: 32, or kThreads, which is a block. All threads of a group call the same functions.
template <int kRowThreads>
struct RowGroup {
    static_assert(kRowThreads == 32 || kRowThreads == kThreads);

    __device__ static int thread() { return static_cast<int>(threadIdx.x) % kRowThreads; }
    /// The group's number in the grid.
    __device__ static std::int64_t number() {
        return static_cast<std::int64_t>(blockIdx.x) * (kThreads / kRowThreads) + threadIdx.x / kRowThreads;
    }

    __device__ static float sum(float value) {
        if constexpr (kRowThreads == 32)
            return cuda::warp_sum(value);
        else
            return cuda::block_sum(value);
    }
    /// The largest value; a NaN loses.
    __device__ static float largest(float value) {
        for (int distance = 16; distance > 0; distance /= 2)
            value = fmaxf(value, __shfl_xor_sync(cuda::kAllLanes, value, distance));
        if constexpr (kRowThreads != 32) {
            TERN_SHARED(float, warps, kThreads / 32);
            if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = value;
            __syncthreads();  // warps is filled
            for (int i = 0; i < kThreads / 32; ++i) value = fmaxf(value, warps[i]);
            __syncthreads();  // warps has been read
        }
        return value;
    }
};

/// Calls function.operator()<threads per row>(grid) with a group for each of the rows.
template <class F>
void visit_rows(std::int64_t rows, std::int64_t columns, F function) {
    if (columns < kLongRow)
        function.template operator()<32>(dim3(cuda::blocks_for(rows, kThreads / 32)));
    else
        function.template operator()<kThreads>(dim3(cuda::blocks_for(rows, 1)));
}

}  // namespace tern::row_group_cuda
