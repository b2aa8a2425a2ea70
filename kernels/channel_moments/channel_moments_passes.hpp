#pragma once

#include "tern/kernels/channel_moments/channel_moments.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::channel_moments_passes {

struct Forward {
    const Tensor& x;         // (..., C)
    const Tensor& mean;      // (C)
    const Tensor& variance;  // (C)
    TERN_PASS(Forward, channel_moments, forward, (x), (mean, variance))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

struct Backward {
    const Tensor& x;                      // (..., C)
    const Tensor& mean;                   // (C)
    const Tensor& dmean = kNoTensor;      // (C), optional
    const Tensor& dvariance = kNoTensor;  // (C), optional
    const Tensor& dx;                     // as x
    TERN_PASS(Backward, channel_moments, backward, (x, mean, dmean, dvariance), (dx))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::channel_moments_passes
