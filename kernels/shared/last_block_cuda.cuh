// The last block of a grid: it takes up what the others have left in memory, in the place of a second kernel.
#pragma once

#include "tern/core/cuda/arrivals.hpp"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace tern::cuda {

/// Whether this block is the last one of its grid to call this; if so, it sees all that the others wrote before. All threads
/// of a one-dimensional block must call it, once in a kernel. `arrivals` is that of the kernel's stream.
__device__ __forceinline__ bool is_last_block(unsigned* arrivals) {
    TERN_SHARED(bool, is_last, 1);
    __threadfence();
    __syncthreads();  // all threads have written, and their writes are visible
    if (threadIdx.x == 0) {
        is_last[0] = atomicAdd(arrivals, 1u) + 1 == gridDim.x * gridDim.y * gridDim.z;
        if (is_last[0]) atomicExch(arrivals, 0u);  // for the next kernel
    }
    __syncthreads();
    __threadfence();
    return is_last[0];
}

}  // namespace tern::cuda
