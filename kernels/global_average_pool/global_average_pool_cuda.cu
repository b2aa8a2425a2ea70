// Forward: a block per image and 8 packs of channels (128 bytes of every pixel, one line), so that the 64
// images of a batch with 128 channels make 256 blocks. Backward is element-wise.
#include <cstdint>

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::global_average_pool_passes {
namespace {

namespace rows = channel_rows_cuda;

constexpr int kPacks = 8;                        // of channels per block
constexpr int kLanes = rows::kThreads / kPacks;  // rows of threads, which take turns at the pixels
constexpr int kPixels = 4;                       // a thread reads at once

// x: (N, pixels, C), y: (N, C); grid: N * channel blocks; block: (kPacks, kLanes)
template <class T, int V>
__global__ void __launch_bounds__(rows::kThreads)
    global_average_pool_forward_kernel(const T* x, T* y, int pixels, int channels, int channel_blocks) {
    TERN_SHARED(rows::LanePack<V>, sum_packs, rows::kLanePacks<V>);
    const int first_channel = static_cast<int>(blockIdx.x) % channel_blocks * kPacks * V;
    const std::int64_t image = static_cast<int>(blockIdx.x) / channel_blocks;
    const int channel = first_channel + static_cast<int>(threadIdx.x) * V;
    float sums[V] = {};
    if (channel < channels) {
        const T* from = x + image * pixels * channels + channel;
        for (int pixel = static_cast<int>(threadIdx.y); pixel < pixels; pixel += kLanes * kPixels) {
            cuda::Pack<T, V> packs[kPixels];
#pragma unroll
            for (int i = 0; i < kPixels; ++i) {
                packs[i] = {};  // +0 bits in all types: adds nothing
                const std::int64_t own = pixel + static_cast<std::int64_t>(i) * kLanes;
                if (own < pixels) packs[i] = cuda::load_pack<V>(from + own * channels);
            }
#pragma unroll
            for (int i = 0; i < kPixels; ++i)
                for (int v = 0; v < V; ++v) sums[v] += static_cast<float>(packs[i][v]);
        }
    }
    rows::store_lane<V>(sum_packs, sums);
    __syncthreads();  // the lanes are filled
    const int own = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    if (own >= kPacks * V || first_channel + own >= channels) return;
    const float sum = rows::sum_lanes(&sum_packs[0][0], own, kPacks * V);
    y[image * channels + first_channel + own] = static_cast<T>(sum / static_cast<float>(pixels));
}

// A pack of channels of one pixel: dx[n, pixel, c] = dy[n, c] / pixels
template <class T, int V>
struct GlobalAveragePoolBackward {
    const T* dy;
    T* dx;
    cuda::Divisor packs, packs_of_image;  // packs of channels, and of a whole image
    float pixels;

    __device__ void operator()(std::int64_t i) const {
        const auto index = static_cast<unsigned>(i);
        const unsigned image = packs_of_image.quotient(index), pack = packs.remainder(index);
        const std::int64_t from = static_cast<std::int64_t>(image) * packs.divisor() + pack;
        cuda::Pack<T, V> values = cuda::load_pack<V>(dy + from * V);
        for (int v = 0; v < V; ++v) values[v] = static_cast<T>(static_cast<float>(values[v]) / pixels);
        cuda::store_pack<V>(dx + i * V, values);
    }
};

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::int64_t channels = x.dim(3);
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const unsigned channel_blocks = cuda::blocks_for(channels, kPacks * V);
        const dim3 grid(cuda::blocks_for(x.dim(0) * channel_blocks, 1));
        cuda::launch(global_average_pool_forward_kernel<T, V>, {grid, dim3(kPacks, kLanes)}, stream,
                     x.data<T>(), y.data<T>(), static_cast<int>(x.dim(1) * x.dim(2)),
                     static_cast<int>(channels), static_cast<int>(channel_blocks));
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &dx = pass.dx;
    const std::int64_t channels = dx.dim(3), pixels = dx.dim(1) * dx.dim(2);
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const GlobalAveragePoolBackward<T, V> work{dy.data<T>(), dx.data<T>(), cuda::Divisor(channels / V),
                                                   cuda::Divisor(channels / V * pixels),
                                                   static_cast<float>(pixels)};
        launch_elements(work, dx.numel() / V, stream);
    });
}

}  // namespace tern::global_average_pool_passes
