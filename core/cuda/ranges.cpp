// Ranges for NVIDIA's profilers. NVTX is a set of headers: without a profiler a call is a test of a pointer.
#include "tern/core/cuda/device_runtime.hpp"

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>

namespace tern::cuda {

void push_range(const char* name) noexcept { nvtxRangePushA(name); }
void pop_range() noexcept { nvtxRangePop(); }

}  // namespace tern::cuda

#else

namespace tern::cuda {

void push_range(const char*) noexcept {}
void pop_range() noexcept {}

}  // namespace tern::cuda

#endif
