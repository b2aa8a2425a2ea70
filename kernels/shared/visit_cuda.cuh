// What the .cu files share beside core/cuda: names of passes, the element types our kernels are made for,
// packs of channels, and the kernel of element-wise work.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/dtype.hpp"
#include "tern/kernels/dispatch/op.hpp"

/// The name of a function that .cu files share: multiply_cuda, or multiply_cuda_host where the same source is
/// compiled as host C++ to be tested without a GPU.
#if defined(TERN_HOST_RUN)
#define TERN_CUDA_FUNCTION(name) name##_cuda_host
#else
#define TERN_CUDA_FUNCTION(name) name##_cuda
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

/// Calls function.operator()<T, V>() for the type T of the first tensor that is defined: V is a pack of 16
/// bytes where rows of `channels` elements and all addresses allow it, else 1.
template <class F>
void visit_cuda_packs(TensorRefs tensors, std::int64_t channels, F function) {
    visit_cuda_floating(first_dtype(tensors), [&]<class T>() {
        constexpr int kWide = cuda::kPackSize<T>;
        bool wide = channels % kWide == 0;
        for (const Tensor& tensor : tensors)
            wide = wide && (!tensor.defined() || cuda::is_pack_aligned<std::byte, 16>(tensor.raw_data()));
        if (wide)
            function.template operator()<T, kWide>();
        else
            function.template operator()<T, 1>();
    });
}

/// Calls function.operator()<R>() for the type of the gradient of a weight of T: T, or float32 for sums that stay as they
/// are.
template <class T, class F>
void visit_gradient_type(DType dtype, F function) {
    if (dtype == DType::float32)
        function.template operator()<float>();
    else
        function.template operator()<T>();
}

/// One thread calls work(i), for every i in [0, count).
template <class Work>
__global__ void elements_kernel(Work work, std::int64_t count) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < count) work(i);
}

/// `work`: a plain struct with `__device__ void operator()(std::int64_t i) const`; its name is what profilers
/// show.
template <class Work>
void launch_elements(const Work& work, std::int64_t count, const Stream& stream) {
    constexpr int kThreads = 256;
    cuda::launch(elements_kernel<Work>, {dim3(cuda::blocks_for(count, kThreads)), dim3(kThreads)}, stream,
                 work, count);
}

}  // namespace tern
