// What the steps of optimizers have in common in CUDA.
#pragma once

#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::cuda {

/// Of the gradients; null: 1.
__device__ __forceinline__ float factor_at(const float* factor) { return factor == nullptr ? 1.0f : *factor; }

/// `decay` times the N elements of `mask` from i on; null: 1.
template <int N>
__device__ __forceinline__ Pack<float, N> decays_at(float decay, const float* mask, std::int64_t i) {
    Pack<float, N> decays;
    if (mask != nullptr) decays = load_pack<N>(mask + i);
#pragma unroll
    for (int v = 0; v < N; ++v) decays[v] = mask == nullptr ? decay : decay * decays[v];
    return decays;
}

}  // namespace tern::cuda
