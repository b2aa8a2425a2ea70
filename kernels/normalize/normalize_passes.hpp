#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/normalize/normalize.hpp"

namespace tern::normalize_passes {

struct Forward {
    const NormalizeParams& params;
    const Tensor& x;     // (..., C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& residual = kNoTensor;  // as x, optional
    const Tensor& y;                     // as x
    TERN_PASS(Forward, normalize, forward, (x, mean, variance, gamma, beta, residual), (y))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

struct BackwardReduce {
    const NormalizeParams& params;
    const Tensor& x;     // (..., C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& residual = kNoTensor;  // as x, optional
    const Tensor& dy;                    // as x
    const Tensor& dgamma;                // (C), as the next three
    const Tensor& dbeta;
    const Tensor& dmean;
    const Tensor& dvariance;
    TERN_PASS(BackwardReduce, normalize, backward_reduce, (x, mean, variance, gamma, beta, residual, dy),
              (dgamma, dbeta, dmean, dvariance))

    double flops() const { return 8.0 * static_cast<double>(x.numel()); }
};

struct BackwardInput {
    const NormalizeParams& params;
    const Tensor& x;     // (..., C)
    const Tensor& mean;  // (C), as the next three
    const Tensor& variance;
    const Tensor& gamma;
    const Tensor& beta;
    const Tensor& residual = kNoTensor;   // as x, optional
    const Tensor& dy;                     // as x
    const Tensor& dx;                     // as x
    const Tensor& dresidual = kNoTensor;  // as x; left out without a residual, or where dy is its gradient
    TERN_PASS(BackwardInput, normalize, backward_input, (x, mean, variance, gamma, beta, residual, dy),
              (dx, dresidual))

    double flops() const { return 4.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::normalize_passes
