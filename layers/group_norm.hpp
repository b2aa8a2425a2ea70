// Group normalisation over the channels of images (Wu, He 2018).
#pragma once

#include "tern/kernels/group_norm/group_norm.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// (N, ..., C) -> (N, ..., C): weight (x - mean) / sqrt(variance + epsilon) + bias with the mean and the biased
/// variance of each group of channels of each image, in training as in evaluation.
/// Parameters: weight 1, bias 0, (C).
class GroupNorm : public Module {
  public:
    /// Throws Error unless groups is at least 1 and divides channels, and for an epsilon that is not above 0.
    GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon = 1e-5);

    std::string type() const override { return "GroupNorm"; }

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    std::int64_t group_size_ = 0;  // channels
    double epsilon_;
    Tensor weight_, bias_;
};

}  // namespace tern
