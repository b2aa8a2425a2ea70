// Batch normalisation in training: channel_moments and normalize in one node of the tape.
#pragma once

#include "tern/kernels/normalize/normalize.hpp"

namespace tern {

struct BatchNormResult {
    Tensor output;          // (..., C)
    Tensor mean, variance;  // (C), the batch's own; biased
};

/// y = activation(gamma (x - mean) / sqrt(variance + epsilon) + beta [+ residual]) with the mean and the
/// biased variance of every channel over the M rows of x.
///
/// What normalize(x, channel_moments(x), ...) gives, but its backward pass knows that the moments are those
/// of x and crosses the memory twice where the two separate rules need five times. x, residual and y: (...,
/// C) of one type, with at least one row; residual may be undefined. gamma, beta, mean and variance: (C),
/// float32 for 16-bit inputs, else of the input's type. Differentiable in all arguments, from all results.
/// Throws Error for arguments that do not fit and for an epsilon that is negative.
BatchNormResult batch_norm(const Tensor& input, const Tensor& gamma, const Tensor& beta,
                           const NormalizeParams& params = {}, const Tensor& residual = {});

}  // namespace tern
