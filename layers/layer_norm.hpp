// Layer normalisation over the last dimension (Ba, Kiros, Hinton 2016).
#pragma once

#include "tern/kernels/group_norm/group_norm.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// (..., C) -> (..., C): weight (x - mean) / sqrt(variance + epsilon) + bias with the mean and the biased
/// variance of each row of C numbers, in training as in evaluation. Parameters: weight 1, bias 0, (C).
class LayerNorm : public Module {
  public:
    /// Throws Error for no features, and for an epsilon that is not above 0.
    explicit LayerNorm(std::int64_t features, double epsilon = 1e-5);

    std::string type() const override { return "LayerNorm"; }

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    double epsilon_;
    Tensor weight_, bias_;
};

}  // namespace tern
