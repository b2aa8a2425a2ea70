// Sums over the lanes of a warp and the threads of a block. The order of addition is fixed, so equal inputs
// give equal bits.
#pragma once

#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace tern::cuda {

inline constexpr unsigned kAllLanes = 0xffffffffu;

/// The sum over all 32 lanes, in every lane: five exchanges, the same tree of additions in each lane.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
    return value;
}

/// The sum over a one-dimensional block of whole warps, in every thread. All threads must call it; it may be
/// called again at once.
template <class T>
__device__ T block_sum(T value) {
    TERN_SHARED(T, sums, 32);
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int warps = static_cast<int>(blockDim.x) / 32;
    value = warp_sum(value);
    if (lane == 0) sums[threadIdx.x / 32] = value;
    __syncthreads();
    value = warp_sum(lane < warps ? sums[lane] : T(0));
    __syncthreads();  // the next call writes sums
    return value;
}

}  // namespace tern::cuda
