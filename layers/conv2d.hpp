// 2-D convolution as a layer.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

struct Conv2dOptions {
    std::int64_t groups = 1;
    bool bias = true;
};

/// (N, H, W, in) -> (N, OH, OW, out). Parameters: weight (out, in / groups, KH, KW), bias (out).
class Conv2d : public Module {
  public:
    /// Throws Error unless the channels are positive multiples of the groups.
    Conv2d(std::int64_t in_channels, std::int64_t out_channels, const SlidingWindow& window,
           const Conv2dOptions& options = {});

    std::string type() const override { return "Conv2d"; }
    std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
    /// A layer without a bias gets one.
    bool absorb(const Tensor& scale, const Tensor& shift) override;
    const Tensor& weight() const { return weight_; }
    const Tensor& bias() const { return bias_; }  // undefined without

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    bool is_pointwise() const;

    SlidingWindow window_;
    std::int64_t groups_;
    Tensor weight_, bias_;
};

}  // namespace tern
