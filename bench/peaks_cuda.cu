#include <algorithm>
#include <cstdint>

#include <cuda_bf16.h>
#include <mma.h>

#include "tern/bench/device_peaks.hpp"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/devices/device_info.hpp"
#include "tern/core/devices/event.hpp"
#include "tern/core/tensor.hpp"

namespace tern::bench {
namespace {

constexpr int kRepeats = 7;
constexpr int kThreads = 256;
constexpr int kBlocksPerMultiprocessor = 8;  // 2048 threads: all that a multiprocessor holds

__global__ void copy_kernel(const uint4* from, uint4* to, std::int64_t count) {
    const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
    for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += stride) {
        to[i] = from[i];
    }
}

constexpr int kChains = 8;  // a latency of 4 cycles needs 4 in flight; warps give the rest

// `sink` is written where a sum has a value that it never gets, which no compiler can know.
__global__ void multiply_add_kernel(float* sink, float factor, int rounds) {
    float sums[kChains];
    for (int c = 0; c < kChains; ++c) sums[c] = static_cast<float>(threadIdx.x + c);
    for (int r = 0; r < rounds; ++r) {
#pragma unroll
        for (int c = 0; c < kChains; ++c) sums[c] = fmaf(sums[c], factor, 1e-4f);
    }
    float sum = 0;
    for (int c = 0; c < kChains; ++c) sum += sums[c];
    if (sum == -1.0f) *sink = sum;
}

constexpr int kTile = 16, kAccumulators = 4;

__global__ void tensor_core_kernel(float* sink, int rounds) {
    using namespace nvcuda;
    wmma::fragment<wmma::matrix_a, kTile, kTile, kTile, __nv_bfloat16, wmma::row_major> a;
    wmma::fragment<wmma::matrix_b, kTile, kTile, kTile, __nv_bfloat16, wmma::col_major> b;
    wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float> sums[kAccumulators];
    wmma::fill_fragment(a, __float2bfloat16(0.5f));
    wmma::fill_fragment(b, __float2bfloat16(0.25f));
    for (int i = 0; i < kAccumulators; ++i) wmma::fill_fragment(sums[i], 0.0f);
    for (int r = 0; r < rounds; ++r) {
#pragma unroll
        for (int i = 0; i < kAccumulators; ++i) wmma::mma_sync(sums[i], a, b, sums[i]);
    }
    float sum = 0;
    for (int i = 0; i < kAccumulators; ++i)
        for (int e = 0; e < sums[i].num_elements; ++e)
            sum += sums[i].x[e];  // what is not read is not computed
    if (sum == -1.0f) *sink = sum;
}

// Best amount per second of several runs on the stream.
template <class F>
double best_rate(const Stream& stream, double amount, F run) {
    double best = 0;
    run();  // loads the code
    for (int i = 0; i < kRepeats; ++i) {
        Event start(stream.device), end(stream.device);
        start.record(stream);
        run();
        end.record(stream);
        best = std::max(best, amount / end.seconds_since(start));
    }
    return best;
}

}  // namespace

DevicePeaks measure_device_peaks(Device device) {
    const Stream stream = current_stream(device);
    const auto blocks = static_cast<unsigned>(device_info(device).multiprocessors * kBlocksPerMultiprocessor);
    const double threads = static_cast<double>(blocks) * kThreads;
    const cuda::LaunchShape shape{dim3(blocks), dim3(kThreads)};
    DevicePeaks peaks;

    constexpr std::int64_t kBytes = std::int64_t{512} << 20;
    const Tensor from = Tensor::zeros({kBytes}, DType::uint8, device),
                 to = Tensor::zeros({kBytes}, DType::uint8, device);
    peaks.bytes = best_rate(stream, 2.0 * kBytes, [&] {
        cuda::launch(copy_kernel, shape, stream, reinterpret_cast<const uint4*>(from.raw_data()),
                     reinterpret_cast<uint4*>(to.raw_data()),
                     static_cast<std::int64_t>(kBytes / static_cast<std::int64_t>(sizeof(uint4))));
    });

    const Tensor sink = Tensor::zeros({1}, DType::float32, device);
    constexpr int kRounds = 1 << 14;
    peaks.flops = best_rate(stream, 2.0 * kChains * kRounds * threads, [&] {
        cuda::launch(multiply_add_kernel, shape, stream, sink.data<float>(), 0.9999f, kRounds);
    });
    constexpr double kTileFlops = 2.0 * kTile * kTile * kTile;
    peaks.tensor_flops = best_rate(stream, kTileFlops * kAccumulators * kRounds * threads / 32, [&] {
        cuda::launch(tensor_core_kernel, shape, stream, sink.data<float>(), kRounds);
    });
    return peaks;
}

}  // namespace tern::bench
