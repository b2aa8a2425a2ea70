// What the .cu files share beside core/cuda: names of passes, and the element types our kernels are made for.
#pragma once

#include "tern/core/dtype.hpp"

/// The function of a pass in a .cu file: forward_cuda, or forward_cuda_host where the same source is compiled
/// as host C++ to be tested without a GPU.
#if defined(TERN_HOST_RUN)
#define TERN_CUDA_PASS(name) name##_cuda_host
#else
#define TERN_CUDA_PASS(name) name##_cuda
#endif

namespace tern {

/// visit_floating() without float64, which no CUDA kernel of ours computes in.
template <class F>
decltype(auto) visit_cuda_floating(DType dtype, F&& function) {
    switch (dtype) {
        case DType::float32:
            return function.template operator()<float>();
        case DType::bfloat16:
            return function.template operator()<bfloat16>();
        case DType::float16:
            return function.template operator()<float16>();
        default:
            fail("cuda", "no kernels for ", dtype);
    }
}

}  // namespace tern
