// The one check of calls of the CUDA runtime.
#pragma once

#include <string_view>

#include <cuda_runtime_api.h>

namespace tern::cuda {

/// Clears the runtime's last error and throws Error("[cuda] <call> failed: <name>: <text> (<file>:<line>,
/// device N)").
[[noreturn]] void fail_call(cudaError_t error, std::string_view call, const char* file, int line);

}  // namespace tern::cuda

/// Throws Error unless the call gives cudaSuccess.
#define TERN_CUDA_CHECK(call)                                                   \
    do {                                                                        \
        if (const cudaError_t tern_error = (call); tern_error != cudaSuccess) { \
            ::tern::cuda::fail_call(tern_error, #call, __FILE__, __LINE__);     \
        }                                                                       \
    } while (false)
