// What a kernel's source names of CUDA, for a plain host compiler: keywords, vector types, built-in variables
// and functions. Only what our kernels use; no CUDA header is needed or included.
#pragma once

#include "tern/tests/host_run/runner/builtins.hpp"
#include "tern/tests/host_run/runner/run_grid.hpp"
#include "tern/tests/host_run/runner/shared_memory.hpp"
#include "tern/tests/host_run/runner/vector_types.hpp"
#include "tern/tests/host_run/runner/warp.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)
// The keyword would silently become nothing; this way the compiler's message names the remedy.
#define __shared__ write_TERN_SHARED_instead_of_the_keyword
