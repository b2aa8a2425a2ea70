// The running statistics of a batch norm, updated in place.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct UpdateStatisticsParams {
    double momentum = 0.1;                // the batch's share
    std::int64_t values_per_channel = 2;  // M
};

/// In place, as PyTorch and TensorFlow's fused batch norm do:
///   running_mean     = (1 - momentum) running_mean + momentum mean
///   running_variance = (1 - momentum) running_variance + momentum variance M / (M - 1)
///   batches          = batches + 1
/// `variance` is the biased one of the batch, over M values per channel; M / (M - 1) makes it unbiased, so M
/// must be at least 2. All are (C) and floating-point except `batches`, one int64. Not differentiable.
void update_statistics(const Tensor& running_mean, const Tensor& running_variance, const Tensor& batches,
                       const Tensor& mean, const Tensor& variance, const UpdateStatisticsParams& params);

}  // namespace tern
