#include "tern/tests/host_run/stencil.hpp"

#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"

namespace {

constexpr int kThreads = 64;
constexpr int kRounds = 3;

// Each block does kRounds groups, so that the tile is used again.
__global__ void stencil_kernel(const float* x, const float* w, float* y, int n) {
    TERN_SHARED(float, tile, kThreads);
    TERN_DYNAMIC_SHARED(float, taps);
    const int t = static_cast<int>(threadIdx.x);
    if (t < 2) taps[t] = w[t];
    for (int round = 0; round < kRounds; ++round) {
        const int i = (static_cast<int>(blockIdx.x) * kRounds + round) * kThreads + t;
        tile[t] = i < n ? x[i] : 0.0f;
        __syncthreads();  // tile and taps are filled
        const float sum = taps[0] * tile[t] + taps[1] * tile[(t + 1) % kThreads];
        if (i < n) y[i] = sum;
        __syncthreads();  // tile has been read
    }
}

}  // namespace

void stencil(const float* x, const float* w, float* y, int n, const tern::Stream& stream) {
    const unsigned blocks = static_cast<unsigned>((n + kRounds * kThreads - 1) / (kRounds * kThreads));
    tern::cuda::launch(stencil_kernel, {blocks, kThreads, 2 * sizeof(float)}, stream, x, w, y, n);
}
