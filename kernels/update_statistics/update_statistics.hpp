// The running statistics of batch norms, updated in place.
#pragma once

#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct UpdateStatisticsParams {
    double momentum = 0.1;
    std::int64_t values_per_channel = 2;  // M
    bool bias_correction = false;

    bool operator==(const UpdateStatisticsParams&) const = default;
};

/// Of one batch norm: its running statistics, and mean and biased variance of a batch.
struct StatisticsUpdate {
    Tensor running_mean, running_variance, batches, mean, variance;
    UpdateStatisticsParams params;
};

/// In place, for each of them in their order, on a GPU up to 16 in one launch; with the batch's share s:
///   running_mean     = (1 - s) running_mean + s mean
///   running_variance = (1 - s) running_variance + s variance M / (M - 1)
///   batches          = batches + 1
/// s is the momentum, as in PyTorch and TensorFlow's fused batch norm: the statistics still hold
/// (1 - momentum)^batches of what they started from. With `bias_correction`
///   s = momentum / (1 - (1 - momentum)^t), t = batches + 1
/// and the first batch counts whole: this is the exponential moving average divided by the sum of its
/// weights, as Adam corrects its moments (Kingma, Ba 2015, section 3), written so that the corrected average
/// is what is kept. With momentum 0 s is its limit 1 / t: the plain mean, PyTorch's `momentum=None`.
///
/// `variance` is the biased one of the batch, over M values per channel; M / (M - 1) makes it unbiased, so M
/// must be at least 2. All are (C) and floating-point except `batches`, one int64. Not differentiable.
void update_statistics(const std::vector<StatisticsUpdate>& updates);

}  // namespace tern
