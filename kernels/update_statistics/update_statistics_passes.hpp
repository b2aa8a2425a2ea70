#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"

namespace tern::update_statistics_passes {

struct Forward {
    const UpdateStatisticsParams& params;
    const Tensor& running_mean;  // (C), as the running variance
    const Tensor& running_variance;
    const Tensor& batches;  // one int64
    const Tensor& mean;     // (C), as the variance; of any floating-point type
    const Tensor& variance;
    const Tensor& new_running_mean;  // these three may be the running statistics and their count
    const Tensor& new_running_variance;
    const Tensor& new_batches;
    TERN_PASS(Forward, update_statistics, forward, (running_mean, running_variance, batches, mean, variance),
              (new_running_mean, new_running_variance, new_batches))

    double flops() const { return 6.0 * static_cast<double>(running_mean.numel()); }
};

}  // namespace tern::update_statistics_passes
