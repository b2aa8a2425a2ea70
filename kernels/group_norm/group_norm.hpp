// Group normalisation (Wu, He 2018): each image by itself, its channels in groups.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct GroupNormParams {
    std::int64_t groups = 1;  // G; of C / G neighbouring channels each
    double epsilon = 1e-5;
};

/// y[n,...,c] = gamma[c] (x[n,...,c] - mean[n,g]) / sqrt(variance[n,g] + epsilon) + beta[c] with the mean and
/// the biased variance of the group g = floor(c G / C) over its channels and all pixels of image n.
///
/// One group is layer normalisation over a whole image, C groups are instance normalisation. input and y:
/// (N, ..., C) with at least one number in each image. gamma and beta: (C), float32 for 16-bit inputs, else
/// of the input's type. Differentiable in all three. Throws Error for arguments that do not fit, for groups
/// that do not divide C, and for an epsilon that is negative.
Tensor group_norm(const Tensor& input, const Tensor& gamma, const Tensor& beta,
                  const GroupNormParams& params = {});

}  // namespace tern
