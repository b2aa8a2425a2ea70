// Element-wise work on whole tensors in CUDA: a thread owns neighbouring elements and moves them as one pack.
#pragma once

#include <initializer_list>

#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern {
namespace cuda {

template <int N, class T>
__device__ __forceinline__ void to_floats(const Pack<T, N>& pack, float (&to)[N]) {
#pragma unroll
    for (int i = 0; i < N; ++i) to[i] = static_cast<float>(pack[i]);
}

/// N neighbouring elements as float32.
template <int N, class T>
__device__ __forceinline__ void load_floats(const T* from, float (&to)[N]) {
    to_floats(load_pack<N>(from), to);
}

/// Rounds N numbers to neighbouring elements.
template <int N, class T>
__device__ __forceinline__ void store_floats(const float (&from)[N], T* to) {
    Pack<T, N> pack;
#pragma unroll
    for (int i = 0; i < N; ++i) pack[i] = static_cast<T>(from[i]);
    store_pack<N>(to, pack);
}

}  // namespace cuda

/// Thread t does elements [t V, (t + 1) V) at once, and those behind the last whole pack one by one.
template <int V, class Work>
__device__ __forceinline__ void run_flat(const Work& work, std::int64_t count) {
    std::int64_t i = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) * V;
    if (i + V <= count) {
        work.template run<V>(i);
        return;
    }
    for (; i < count; ++i) work.template run<1>(i);
}

template <int V, class Work>
__global__ void flat_kernel(Work work, std::int64_t count) {
    run_flat<V>(work, count);
}

/// Whether the addresses of all tensors are multiples of packs of so many elements.
inline bool have_packs(std::initializer_list<Tensor> tensors, int pack) {
    for (const Tensor& tensor : tensors) {
        const auto bytes = static_cast<std::uintptr_t>(size_of(tensor.dtype())) * pack;
        if (reinterpret_cast<std::uintptr_t>(tensor.raw_data()) % bytes != 0) return false;
    }
    return true;
}

/// Runs `work` on `count` elements. It is a plain struct with `kPack`, how many elements a thread may do at
/// once, and `template <int N> __device__ void run(std::int64_t i) const`, which does elements [i, i + N) of
/// its tensors for N of 1 and kPack; for kPack only if `packs` is set and the addresses of all `tensors` are
/// multiples of a pack.
template <class Work>
void launch_flat(const Work& work, std::int64_t count, std::initializer_list<Tensor> tensors,
                 const Stream& stream, bool packs = true) {
    constexpr int kThreads = 256;
    const auto start = [&](auto kernel, int elements) {
        cuda::launch(kernel, {dim3(cuda::blocks_for(count, kThreads * elements)), dim3(kThreads)}, stream,
                     work, count);
    };
    if (packs && have_packs(tensors, Work::kPack))
        start(flat_kernel<Work::kPack, Work>, Work::kPack);
    else
        start(flat_kernel<1, Work>, 1);
}

}  // namespace tern
