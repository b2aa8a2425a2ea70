// NCCL, opened when first used.
#pragma once

#include <string>

#include <nccl.h>

#define TERN_NCCL_FUNCTIONS(X) \
    X(ncclGetVersion)          \
    X(ncclGetErrorString)      \
    X(ncclGetLastError)        \
    X(ncclGetUniqueId)         \
    X(ncclCommInitRankConfig)  \
    X(ncclCommGetAsyncError)   \
    X(ncclCommFinalize)        \
    X(ncclCommDestroy)         \
    X(ncclCommAbort)           \
    X(ncclGroupStart)          \
    X(ncclGroupEnd)            \
    X(ncclSend)                \
    X(ncclRecv)                \
    X(ncclAllGather)           \
    X(ncclBroadcast)

namespace tern::cuda {

struct Nccl {
#define TERN_NCCL_MEMBER(function) decltype(&::function) function;
    TERN_NCCL_FUNCTIONS(TERN_NCCL_MEMBER)
#undef TERN_NCCL_MEMBER
    std::string path;
    int version = 0;  // 22809 is 2.28.9
};

/// Throws Error with every path tried, or if its version cannot be used.
const Nccl& nccl();

}  // namespace tern::cuda
