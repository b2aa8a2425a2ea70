// Two kernels: blocks count the numbers that are not finite, each in its own part; one block adds the counts
// up and alone reads and writes the scale.
#include <cfloat>

#include "tern/core/cuda/device/warp.cuh"
#include "tern/kernels/shared/flat_cuda.cuh"
#include "tern/kernels/update_loss_scale/update_loss_scale_passes.hpp"

namespace tern::update_loss_scale_passes {
namespace {

constexpr int kThreads = 256;
constexpr int kPerThread = 8;  // 1.6 million weights are 800 blocks

// counts: one for each block
__global__ void __launch_bounds__(kThreads)
    update_loss_scale_count_kernel(const float* gradients, std::int64_t count, int* counts) {
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * (kThreads * kPerThread) + threadIdx.x;
    int infinite = 0;
#pragma unroll
    for (int k = 0; k < kPerThread; ++k) {
        const std::int64_t i = begin + k * kThreads;
        if (i < count && !(fabsf(gradients[i]) <= FLT_MAX)) ++infinite;
    }
    infinite = cuda::block_sum(infinite);
    if (threadIdx.x == 0) counts[blockIdx.x] = infinite;
}

__global__ void __launch_bounds__(kThreads)
    update_loss_scale_kernel(const int* counts, int blocks, const float* scale,
                             const std::int64_t* good_steps, float* new_scale, std::int64_t* new_good_steps,
                             float* factor, std::int64_t growth_interval) {
    int infinite = 0;  // blocks that have one
    for (int i = static_cast<int>(threadIdx.x); i < blocks; i += kThreads) infinite += counts[i] > 0;
    infinite = cuda::block_sum(infinite);
    if (threadIdx.x != 0) return;
    const float old_scale = *scale;
    const std::int64_t good = *good_steps + 1;
    const bool grows = good >= growth_interval;
    *factor = infinite > 0 ? 0.0f : 1.0f / old_scale;
    *new_good_steps = infinite > 0 || grows ? 0 : good;
    if (infinite > 0)
        *new_scale = fmaxf(old_scale / 2, kSmallestLossScale);
    else
        *new_scale = grows ? fminf(2 * old_scale, kLargestLossScale) : old_scale;
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor& gradients = pass.gradients;
    const auto blocks = static_cast<int>(cuda::blocks_for(gradients.numel(), kThreads * kPerThread));
    const Tensor counts = Tensor::empty({blocks}, DType::int32, gradients.device());
    if (blocks > 0)
        cuda::launch(update_loss_scale_count_kernel, {dim3(static_cast<unsigned>(blocks)), dim3(kThreads)},
                     stream, gradients.data<float>(), gradients.numel(), counts.data<std::int32_t>());
    cuda::launch(update_loss_scale_kernel, {dim3(1), dim3(kThreads)}, stream, counts.data<std::int32_t>(),
                 blocks, pass.scale.data<float>(), pass.good_steps.data<std::int64_t>(),
                 pass.new_scale.data<float>(), pass.new_good_steps.data<std::int64_t>(),
                 pass.factor.data<float>(), pass.params.growth_interval);
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.gradients), why_not);
}

}  // namespace tern::update_loss_scale_passes
