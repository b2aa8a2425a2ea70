// The last of some blocks: it takes up what the others have left in memory, in the place of a second kernel.
#pragma once

#include "tern/core/cuda/arrivals.hpp"
#include "tern/core/cuda/last_block.hpp"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace tern::cuda {

/// Null where a second kernel is to do what a last block would.
inline unsigned* last_block_arrivals(const Stream& stream) {
    return merges_in_last_block() ? arrivals(stream) : nullptr;
}

/// Whether this block is the last one of `blocks` to call this with `arrivals`, one of those of the kernel's stream; if so, it
/// sees all that the others wrote before. All threads of the block must call it.
__device__ __forceinline__ bool is_last_block(unsigned* arrivals, int blocks) {
    TERN_SHARED(bool, is_last, 1);
    __threadfence();
    __syncthreads();  // all threads have written, and their writes are visible
    if (threadIdx.x + threadIdx.y + threadIdx.z == 0) {
        is_last[0] = blocks == 1 || atomicAdd(arrivals, 1u) + 1 == static_cast<unsigned>(blocks);
        if (is_last[0] && blocks > 1) atomicExch(arrivals, 0u);  // for the next kernel
    }
    __syncthreads();
    __threadfence();
    return is_last[0];
}

}  // namespace tern::cuda
