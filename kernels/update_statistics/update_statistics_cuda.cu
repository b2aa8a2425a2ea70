#include <algorithm>
#include <cmath>

#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/shared/flat_cuda.cuh"
#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern::update_statistics_passes {
namespace {

constexpr int kThreads = 256;  // a block for each batch norm: a few hundred channels
constexpr int kMost = 16;      // in one launch: 1.7 KB of a kernel's 4 KB of arguments

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

template <class T, class U>
struct Updates {
    UpdateStatistics<T, U> of[kMost];
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
__global__ void __launch_bounds__(kThreads) update_statistics_kernel(Updates<T, U> updates) {
    const UpdateStatistics<T, U>& work = updates.of[blockIdx.x];
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
    visit_cuda_floating(pass.running(0)[0].dtype(), [&]<class T>() {
        visit_cuda_floating(pass.batch(0)[0].dtype(), [&]<class U>() {
            Updates<T, U> updates{};
            unsigned count = 0;
            const auto launch = [&] {
                cuda::launch(update_statistics_kernel<T, U>, {dim3(count), dim3(kThreads)}, stream, updates);
                count = 0;
            };
            for (std::size_t i = 0; i < pass.params.of.size(); ++i) {
                const auto running = pass.running(i), batch = pass.batch(i), renewed = pass.renewed(i);
                const UpdateStatistics<T, U> own{running[0].data<T>(),
                                                 running[1].data<T>(),
                                                 batch[0].data<U>(),
                                                 batch[1].data<U>(),
                                                 running[2].data<std::int64_t>(),
                                                 renewed[0].data<T>(),
                                                 renewed[1].data<T>(),
                                                 renewed[2].data<std::int64_t>(),
                                                 running[0].numel(),
                                                 pass.params.of[i]};
                // A batch norm that ran twice is updated twice, one after the other.
                const auto is_same = [&](const UpdateStatistics<T, U>& other) {
                    return other.new_batches == own.new_batches;
                };
                if (count == kMost || std::any_of(updates.of, updates.of + count, is_same)) launch();
                updates.of[count++] = own;
            }
            launch();
        });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    const DType running = pass.running(0)[0].dtype(), batch = pass.batch(0)[0].dtype();
    for (std::size_t i = 0; i < pass.params.of.size(); ++i) {
        const auto own = pass.running(i), of_batch = pass.batch(i);
        if (!accepts_cuda_types({own[0], own[1], of_batch[0], of_batch[1]}, why_not)) return false;
        if (own[0].dtype() != running || own[1].dtype() != running || of_batch[0].dtype() != batch ||
            of_batch[1].dtype() != batch)
            return refuse(why_not, "mean and variance of one type, got ", own[0].dtype(), " and ",
                          own[1].dtype(), ", of the batch ", of_batch[0].dtype(), " and ",
                          of_batch[1].dtype(), ", before ", running, " and ", batch);
    }
    return true;
}

}  // namespace tern::update_statistics_passes
