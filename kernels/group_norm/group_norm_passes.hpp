#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/group_norm/group_norm.hpp"

namespace tern::group_norm_passes {

struct Forward {
    const GroupNormParams& params;
    const Tensor& x;         // (N, ..., C)
    const Tensor& gamma;     // (C)
    const Tensor& beta;      // (C)
    const Tensor& y;         // as x
    const Tensor& mean;      // (N, G)
    const Tensor& variance;  // (N, G)
    TERN_PASS(Forward, group_norm, forward, (x, gamma, beta), (y, mean, variance))

    double flops() const { return 8.0 * static_cast<double>(x.numel()); }
};

struct Backward {
    const GroupNormParams& params;
    const Tensor& x;         // (N, ..., C)
    const Tensor& mean;      // (N, G)
    const Tensor& variance;  // (N, G)
    const Tensor& gamma;     // (C)
    const Tensor& dy;        // as x
    const Tensor& dx;        // as x
    const Tensor& dgamma;    // (C)
    const Tensor& dbeta;     // (C)
    TERN_PASS(Backward, group_norm, backward, (x, mean, variance, gamma, dy), (dx, dgamma, dbeta))

    double flops() const { return 12.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::group_norm_passes
