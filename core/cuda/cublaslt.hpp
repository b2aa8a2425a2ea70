// cuBLASLt, opened when first used: its functions, a handle per thread and device, and the check of its
// calls.
#pragma once

#include <string>
#include <string_view>

#include <cublasLt.h>

#include "tern/core/devices/stream.hpp"

// What matrix products need.
#define TERN_CUBLASLT_FUNCTIONS(X)          \
    X(cublasLtGetVersion)                   \
    X(cublasLtGetStatusString)              \
    X(cublasLtCreate)                       \
    X(cublasLtDestroy)                      \
    X(cublasLtMatmulDescCreate)             \
    X(cublasLtMatmulDescSetAttribute)       \
    X(cublasLtMatmulDescDestroy)            \
    X(cublasLtMatrixLayoutCreate)           \
    X(cublasLtMatrixLayoutDestroy)          \
    X(cublasLtMatmulPreferenceCreate)       \
    X(cublasLtMatmulPreferenceSetAttribute) \
    X(cublasLtMatmulPreferenceDestroy)      \
    X(cublasLtMatmulAlgoGetHeuristic)       \
    X(cublasLtMatmul)

namespace tern::cuda {

struct CublasLt {
#define TERN_CUBLASLT_MEMBER(function) decltype(&::function) function;
    TERN_CUBLASLT_FUNCTIONS(TERN_CUBLASLT_MEMBER)
#undef TERN_CUBLASLT_MEMBER
    std::string path;
};

/// Opens cuBLASLt on the first call. Throws Error with every path tried, or if its major version is not the
/// one that tern was built for.
const CublasLt& cublaslt();
/// Whether cublaslt() succeeds; if not, and `why_not` is given, its message. Looks once per process.
bool cublaslt_available(std::string* why_not = nullptr);
/// "13.1.0 (/usr/lib/...)".
std::string cublaslt_version();

/// This thread's handle for the device, which becomes the current one.
cublasLtHandle_t cublaslt_handle(Device device);

[[noreturn]] void fail_cublaslt_call(cublasStatus_t status, std::string_view call, const char* file,
                                     int line);

}  // namespace tern::cuda

/// Throws Error unless the call gives CUBLAS_STATUS_SUCCESS.
#define TERN_CUBLASLT_CHECK(call)                                                            \
    do {                                                                                     \
        if (const cublasStatus_t tern_status = (call); tern_status != CUBLAS_STATUS_SUCCESS) \
            ::tern::cuda::fail_cublaslt_call(tern_status, #call, __FILE__, __LINE__);        \
    } while (false)
