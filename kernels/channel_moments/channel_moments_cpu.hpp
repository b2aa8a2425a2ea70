// Mean and variance on the CPU, for this operation and those that gather the mean and variance of what they
// write.
#pragma once

#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

/// Mean and squared distances of rows of C floats that come in parts, each on a thread of its own; the parts
/// are merged in their order. Within a part, tiles have a mean and variance of their own, merged in double in
/// the order of the rows.
class PartialMoments {
  public:
    PartialMoments(std::int64_t parts, std::int64_t channels);

    /// Takes the next rows of a part.
    void add(std::int64_t part, const float* x, std::int64_t rows);
    /// mean and (biased) variance: (C) float32. At least one row must have come.
    void store(const Tensor& mean, const Tensor& variance) const;

  private:
    double* means(std::int64_t part) const { return numbers_.data<double>() + part * 2 * channels_; }

    Tensor numbers_;  // (parts, 2, C): means, squared distances from them
    std::vector<std::int64_t> rows_;
    std::int64_t channels_;
};

/// x: (..., C); mean and variance: (C); all float32, at least one row. Reads x once.
void channel_moments_cpu(const Tensor& x, const Tensor& mean, const Tensor& variance);

}  // namespace tern
