#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

namespace tern::normalize_max_pool2d_passes {

struct Forward {
    const NormalizeMaxPool2dParams& params;
    const Tensor& x;     // (N, H, W, C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& y;  // (N, OH, OW, C)
    TERN_PASS(Forward, normalize_max_pool2d, forward, (x, mean, variance, gamma, beta), (y))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }  // normalize's
};

struct Backward {
    const NormalizeMaxPool2dParams& params;
    const Tensor& x;     // (N, H, W, C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& dy;              // (N, OH, OW, C)
    const Tensor& dx = kNoTensor;  // as x; left out where nobody needs it
    const Tensor& dmean;           // (C), as the next three
    const Tensor& dvariance;
    const Tensor& dgamma;
    const Tensor& dbeta;
    TERN_PASS(Backward, normalize_max_pool2d, backward, (x, mean, variance, gamma, beta, dy),
              (dx, dmean, dvariance, dgamma, dbeta))

    double flops() const { return 12.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::normalize_max_pool2d_passes
