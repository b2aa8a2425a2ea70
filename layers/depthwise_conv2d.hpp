// Depthwise 2-D convolution as a layer.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

struct DepthwiseConv2dOptions {
    bool bias = false;
};

/// (N, H, W, C) -> (N, OH, OW, C), one filter per channel. Parameters: weight (C, 1, KH, KW), bias (C) if
/// asked for.
class DepthwiseConv2d : public Module {
  public:
    /// Throws Error for no channel.
    DepthwiseConv2d(std::int64_t channels, const SlidingWindow& window,
                    const DepthwiseConv2dOptions& options = {});

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
