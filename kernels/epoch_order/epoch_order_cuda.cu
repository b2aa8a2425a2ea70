// A key per sample, then a stable sort of the pairs.
#include <cstdint>

#include "tern/core/cuda/device/sort.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/epoch_order/epoch_order_passes.hpp"

namespace tern::epoch_order_passes {
namespace {

// samples: (count); keys: (count), or null where there is nothing to sort by.
__global__ void epoch_order_keys_kernel(std::int32_t* samples, std::uint64_t* keys, RandomStream random,
                                        std::int32_t count) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    samples[i] = static_cast<std::int32_t>(i);
    if (keys != nullptr) keys[i] = random.bits64(static_cast<std::uint64_t>(i));
}

}  // namespace

void run(Cuda, const Order& pass, const Stream& stream) {
    const auto& params = pass.params;
    const Tensor& samples = pass.samples;
    if (samples.numel() == 0) return;
    const auto count = static_cast<std::int32_t>(samples.numel());
    constexpr int kThreads = 256;
    const auto blocks = static_cast<unsigned>((samples.numel() + kThreads - 1) / kThreads);
    // Keys are 64-bit words; no type of a tensor is unsigned, so they lie in one of int64.
    Tensor key_words;
    if (params.shuffle) key_words = Tensor::empty({count}, DType::int64, samples.device());
    auto* const keys =
        params.shuffle ? reinterpret_cast<std::uint64_t*>(key_words.data<std::int64_t>()) : nullptr;
    cuda::launch(epoch_order_keys_kernel, {dim3(blocks), dim3(kThreads)}, stream,
                 samples.data<std::int32_t>(), keys, params.random, count);
    if (params.shuffle) cuda::stable_sort_by_key(keys, samples.data<std::int32_t>(), count, stream);
}

bool accepts(Cuda, const Order&, std::string*) { return true; }

}  // namespace tern::epoch_order_passes
