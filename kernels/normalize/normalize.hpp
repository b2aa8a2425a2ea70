// Normalisation with given mean and variance, scale and shift, then a residual and an activation.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/activation/activation.hpp"

namespace tern {

struct NormalizeParams {
    double epsilon = 1e-5;
    Activation activation = Activation::none;
    double slope = 0.01;  // of leaky_relu; the alpha of elu is 1
};

/// y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta [+ residual])
///
/// x, residual and y: (..., C) of one type; residual may be undefined. mean, variance, gamma, beta: (C),
/// float32 for 16-bit inputs, else of the input's type. Differentiable in all of them; throws Error for
/// arguments that do not fit and for an epsilon that is negative.
Tensor normalize(const Tensor& input, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                 const Tensor& beta, const NormalizeParams& params = {}, const Tensor& residual = {});

/// A normalisation that is left to the operation which reads its input: normalize() of that input with these.
struct DeferredNormalize {
    Tensor mean, variance, gamma, beta;  // all or none
    NormalizeParams params;
    Tensor residual = {};  // undefined without a normalisation

    explicit operator bool() const { return mean.defined(); }
};

/// The checks of the arguments that batch_norm has too.
void check_normalize(const char* where, const Tensor& input, const Tensor& gamma, const Tensor& beta,
                     const NormalizeParams& params, const Tensor& residual);

}  // namespace tern
