#include "tern/kernels/update_statistics/update_statistics.hpp"

#include <cmath>

#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/flat_cuda.cuh"

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

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const auto &in = problem.inputs, &out = problem.outputs;
    visit_cuda_floating(in[0].dtype(), [&]<class T>() {
        visit_cuda_floating(in[3].dtype(), [&]<class U>() {
            const UpdateStatistics<T, U> work{in[0].data<T>(),
                                              in[1].data<T>(),
                                              in[3].data<U>(),
                                              in[4].data<U>(),
                                              in[2].data<std::int64_t>(),
                                              out[0].data<T>(),
                                              out[1].data<T>(),
                                              out[2].data<std::int64_t>(),
                                              in[0].numel(),
                                              problem.params<UpdateStatisticsParams>()};
            cuda::launch(update_statistics_kernel<T, U>, {dim3(1), dim3(kThreads)}, stream, work);
        });
    });
}

bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    const auto& in = problem.inputs;
    if (!accepts_cuda_types({in[0], in[1], in[3], in[4]}, why_not)) return false;
    if (in[0].dtype() == in[1].dtype() && in[3].dtype() == in[4].dtype()) return true;
    return refuse(why_not, "mean and variance of one type, got ", in[0].dtype(), " and ", in[1].dtype(),
                  ", of the batch ", in[3].dtype(), " and ", in[4].dtype());
}

}  // namespace tern::update_statistics_passes
