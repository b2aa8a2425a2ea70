// Depthwise 2-D convolution as a layer.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

/// (N, H, W, C) -> (N, OH, OW, C), one filter per channel, no bias. Parameter: weight (C, 1, KH, KW).
class DepthwiseConv2d : public Module {
  public:
    DepthwiseConv2d(std::int64_t channels, const SlidingWindow& window);

    std::string type() const override { return "DepthwiseConv2d"; }
    std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
    const Tensor& weight() const { return weight_; }
    const SlidingWindow& window() const { return window_; }

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    SlidingWindow window_;
    Tensor weight_;
};

}  // namespace tern
