// Normalisation of rows of numbers, a pixel or a sample of a table each (layer norm): a row stays in the cache
// between its passes, and nothing of the tensor's size is kept for each row.
#pragma once

#include <cstdint>

namespace tern::group_norm_rows {

/// `rows` rows of `groups` groups of `size` numbers.
struct Extents {
    std::int64_t rows, groups, size;
};

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta; mean and variance (rows, groups), gamma and beta (C).
void normalize(const Extents& extents, const float* x, const float* gamma, const float* beta, double epsilon,
               float* y, float* mean, float* variance);

/// The gradients of normalize(); dgamma and dbeta (C) are added to: the sums of at most kMaxRows rows, which
/// bounds their error.
inline constexpr std::int64_t kMaxRows = 64;
void gradient(const Extents& extents, const float* x, const float* dy, const float* gamma, const float* mean,
              const float* variance, double epsilon, float* dx, float* dgamma, float* dbeta);

}  // namespace tern::group_norm_rows
