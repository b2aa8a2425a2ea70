// Depthwise 2-D convolution as a layer.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

struct DepthwiseConv2dOptions {
    Size2d kernel;
    Size2d stride = 1;
    Padding2d padding = 0;
    Size2d dilation = 1;
    bool bias = false;
};

/// (N, H, W, C) -> (N, OH, OW, C), one filter per channel. Parameters: weight (C, 1, KH, KW), bias (C) if
/// asked for.
class DepthwiseConv2d : public Module {
  public:
    using Options = DepthwiseConv2dOptions;
    /// Throws Error for a window out of range or no channel.
    DepthwiseConv2d(std::int64_t channels, const Options& options);

    std::string type() const override { return "DepthwiseConv2d"; }
    std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;
    /// A layer without a bias gets one.
    bool absorb(const Tensor& scale, const Tensor& shift) override;
    const Tensor& weight() const { return weight_; }
    const SlidingWindow& window() const { return window_; }

  protected:
    Features forward(Features input) override;
    void initialize_own(Initializer& initializer) override;

  private:
    SlidingWindow window_;
    Tensor weight_, bias_;
};

}  // namespace tern
