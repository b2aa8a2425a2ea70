#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/flat_cuda.cuh"

namespace tern::update_statistics_passes {
namespace {

// A thread per channel, and one more that counts the batch. The outputs may be the running statistics.
template <class T, class U>
struct UpdateStatistics {
    const T *running_mean, *running_variance;
    const U *mean, *variance;
    const std::int64_t* batches;
    T *new_mean, *new_variance;
    std::int64_t* new_batches;
    std::int64_t channels;
    float keep, of_mean, of_variance;

    __device__ void operator()(std::int64_t c) const {
        if (c == channels) {
            *new_batches = *batches + 1;
            return;
        }
        const float old_mean = static_cast<float>(running_mean[c]),
                    old_variance = static_cast<float>(running_variance[c]);
        new_mean[c] = static_cast<T>(keep * old_mean + of_mean * static_cast<float>(mean[c]));
        new_variance[c] = static_cast<T>(keep * old_variance + of_variance * static_cast<float>(variance[c]));
    }
};

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const auto& [momentum, values] = problem.params<UpdateStatisticsParams>();
    const double unbiased = static_cast<double>(values) / static_cast<double>(values - 1);
    const auto &in = problem.inputs, &out = problem.outputs;
    const auto keep = static_cast<float>(1 - momentum), of_mean = static_cast<float>(momentum),
               of_variance = static_cast<float>(momentum * unbiased);
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
                                              keep,
                                              of_mean,
                                              of_variance};
            launch_elements(work, in[0].numel() + 1, stream);
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
