// Keeps the compiler from knowing.
#pragma once

#include "tern/core/cuda/launch.hpp"

namespace tern::cuda {

/// The same number, of which the compiler knows nothing: what follows from it is computed where it is used, and not kept in registers
/// over a loop.
__device__ __forceinline__ int unknown(int number) {
#ifndef TERN_HOST_RUN
    asm volatile("" : "+r"(number));
#endif
    return number;
}

}  // namespace tern::cuda
