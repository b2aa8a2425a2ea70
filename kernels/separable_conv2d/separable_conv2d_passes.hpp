#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"
#include "tern/kernels/shared/product_flops.hpp"

namespace tern::separable_conv2d_passes {

struct Forward {
    const SeparableConv2dParams& params;
    const Tensor& x;                 // (N, H, W, C)
    const Tensor& mean = kNoTensor;  // (C), as the next three; all or none
    const Tensor& variance = kNoTensor;
    const Tensor& gamma = kNoTensor;
    const Tensor& beta = kNoTensor;
    const Tensor& depthwise;             // (C, 1, 3, 3)
    const Tensor& pointwise;             // (O, C)
    const Tensor& bias = kNoTensor;      // (O), optional
    const Tensor& residual = kNoTensor;  // as x, optional
    const Tensor& y;                     // (N, H, W, O)
    const Tensor& y_mean = kNoTensor;    // (O), as the next; left out unless kept
    const Tensor& y_variance = kNoTensor;
    const Tensor& a = kNoTensor;  // as x, normalised; left out unless kept
    TERN_PASS(Forward, separable_conv2d, forward,
              (x, mean, variance, gamma, beta, depthwise, pointwise, bias, residual),
              (y, y_mean, y_variance, a))

    double flops() const { return product_flops(x, depthwise) + product_flops(y, pointwise); }
};

// y and y_mean are read where mean and variance have gradients, da where a was kept. Outputs that nobody
// needs are left out.
struct Backward {
    const SeparableConv2dParams& params;
    const Tensor& x;                 // (N, H, W, C)
    const Tensor& mean = kNoTensor;  // (C), as the next three; all or none
    const Tensor& variance = kNoTensor;
    const Tensor& gamma = kNoTensor;
    const Tensor& beta = kNoTensor;
    const Tensor& depthwise;                // (C, 1, 3, 3)
    const Tensor& pointwise;                // (O, C)
    const Tensor& y = kNoTensor;            // (N, H, W, O)
    const Tensor& y_mean = kNoTensor;       // (O)
    const Tensor& dy;                       // as y
    const Tensor& dy_mean = kNoTensor;      // (O)
    const Tensor& dy_variance = kNoTensor;  // (O)
    const Tensor& residual = kNoTensor;     // as x
    const Tensor& da = kNoTensor;           // as x
    const Tensor& dx = kNoTensor;           // as x
    const Tensor& dmean = kNoTensor;        // (C), as the next three; left out without a normalisation
    const Tensor& dvariance = kNoTensor;
    const Tensor& dgamma = kNoTensor;
    const Tensor& dbeta = kNoTensor;
    const Tensor& ddepthwise;             // (C, 1, 3, 3)
    const Tensor& dpointwise;             // (O, C)
    const Tensor& dbias = kNoTensor;      // (O)
    const Tensor& dresidual = kNoTensor;  // as x
    TERN_PASS(Backward, separable_conv2d, backward,
              (x, mean, variance, gamma, beta, depthwise, pointwise, y, y_mean, dy, dy_mean, dy_variance,
               residual, da),
              (dx, dmean, dvariance, dgamma, dbeta, ddepthwise, dpointwise, dbias, dresidual))

    // Of both products; what is computed again is not counted.
    double flops() const { return 2 * (product_flops(x, depthwise) + product_flops(dy, pointwise)); }
};

}  // namespace tern::separable_conv2d_passes
