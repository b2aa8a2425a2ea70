// The fully connected layer.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

struct LinearOptions {
    bool bias = true;
};

/// (..., in) -> (..., out): x weight^T + bias. Parameters: weight (out, in), bias (out).
class Linear : public Module {
  public:
    using Options = LinearOptions;
    /// Throws Error for no features.
    Linear(std::int64_t in_features, std::int64_t out_features, const Options& options = {});

    std::string type() const override { return "Linear"; }
    std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
    /// A layer without a bias gets one.
    bool absorb(const Tensor& scale, const Tensor& shift) override;
    const Tensor& weight() const { return weight_; }
    const Tensor& bias() const { return bias_; }  // undefined without

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    Tensor weight_, bias_;
};

}  // namespace tern
