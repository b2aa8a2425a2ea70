#include <cmath>

#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/shared/flat_cuda.cuh"
#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern::update_statistics_passes {
namespace {

constexpr int kThreads = 256;  // one block: a few hundred channels

template <class T, class U>
struct UpdateStatistics {
    const T *running_mean, *running_variance;
    const U *mean, *variance;
    const std::int64_t* batches;
    T *new_mean, *new_variance;
    std::int64_t* new_batches;
    std::int64_t channels;
    UpdateStatisticsParams params;
};

struct Factors {
    float keep, of_mean, of_variance;
};

// In float64, once: of float32 the correction would lose digits in the share, and in its 1 - share all of
// them near 1.
__device__ Factors factors_of(const UpdateStatisticsParams& params, std::int64_t batches) {
    double share = params.momentum;
    if (params.bias_correction) {
        const double t = static_cast<double>(batches) + 1;
        if (t <= 1)
            share = 1;
        else if (share == 0)
            share = 1 / t;
        else
            share /= -::expm1(t * ::log1p(-share));
    }
    const auto values = static_cast<double>(params.values_per_channel);
    return {static_cast<float>(1 - share), static_cast<float>(share),
            static_cast<float>(share * (values / (values - 1)))};
}

// The outputs may be the running statistics and their count, which only one thread reads and writes.
template <class T, class U>
__global__ void __launch_bounds__(kThreads) update_statistics_kernel(UpdateStatistics<T, U> work) {
    TERN_SHARED(Factors, factors, 1);
    if (threadIdx.x == 0) {
        const std::int64_t batches = *work.batches;
        factors[0] = factors_of(work.params, batches);
        *work.new_batches = batches + 1;
    }
    __syncthreads();
    const auto [keep, of_mean, of_variance] = factors[0];
    for (std::int64_t c = threadIdx.x; c < work.channels; c += kThreads) {
        const float old_mean = static_cast<float>(work.running_mean[c]),
                    old_variance = static_cast<float>(work.running_variance[c]);
        work.new_mean[c] = static_cast<T>(keep * old_mean + of_mean * static_cast<float>(work.mean[c]));
        work.new_variance[c] =
            static_cast<T>(keep * old_variance + of_variance * static_cast<float>(work.variance[c]));
    }
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    visit_cuda_floating(pass.running_mean.dtype(), [&]<class T>() {
        visit_cuda_floating(pass.mean.dtype(), [&]<class U>() {
            const UpdateStatistics<T, U> work{pass.running_mean.data<T>(),
                                              pass.running_variance.data<T>(),
                                              pass.mean.data<U>(),
                                              pass.variance.data<U>(),
                                              pass.batches.data<std::int64_t>(),
                                              pass.new_running_mean.data<T>(),
                                              pass.new_running_variance.data<T>(),
                                              pass.new_batches.data<std::int64_t>(),
                                              pass.running_mean.numel(),
                                              pass.params};
            cuda::launch(update_statistics_kernel<T, U>, {dim3(1), dim3(kThreads)}, stream, work);
        });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    if (!accepts_cuda_types({pass.running_mean, pass.running_variance, pass.mean, pass.variance}, why_not))
        return false;
    const DType running = pass.running_mean.dtype(), batch = pass.mean.dtype();
    if (pass.running_variance.dtype() == running && pass.variance.dtype() == batch) return true;
    return refuse(why_not, "mean and variance of one type, got ", running, " and ",
                  pass.running_variance.dtype(), ", of the batch ", batch, " and ", pass.variance.dtype());
}

}  // namespace tern::update_statistics_passes
