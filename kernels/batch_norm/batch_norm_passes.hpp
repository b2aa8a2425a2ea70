#pragma once

#include "tern/kernels/batch_norm/batch_norm.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::batch_norm_passes {

struct Forward {
    const NormalizeParams& params;
    const Tensor& x;                     // (..., C)
    const Tensor& gamma;                 // (C)
    const Tensor& beta;                  // (C)
    const Tensor& residual = kNoTensor;  // as x, optional
    const Tensor& y;                     // as x
    const Tensor& mean;                  // (C)
    const Tensor& variance;              // (C)
    TERN_PASS(Forward, batch_norm, forward, (x, gamma, beta, residual), (y, mean, variance))

    double flops() const { return 8.0 * static_cast<double>(x.numel()); }
};

struct Backward {
    const NormalizeParams& params;
    const Tensor& x;     // (..., C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& residual = kNoTensor;  // as x, optional
    const Tensor& dy;                    // as x
    const Tensor& dmean = kNoTensor;     // (C), of the mean as a result; left out where nobody used it
    const Tensor& dvariance = kNoTensor;
    const Tensor& dx;      // as x
    const Tensor& dgamma;  // (C)
    const Tensor& dbeta;
    const Tensor& dresidual = kNoTensor;  // as x; left out without a residual, or where dy is its gradient
    TERN_PASS(Backward, batch_norm, backward,
              (x, mean, variance, gamma, beta, residual, dy, dmean, dvariance),
              (dx, dgamma, dbeta, dresidual))

    double flops() const { return 12.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::batch_norm_passes
