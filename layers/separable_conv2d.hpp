// Depthwise convolution, then a 1x1 convolution that mixes the channels (Chollet: "Xception", CVPR 2017).
#pragma once

#include "tern/layers/conv2d.hpp"
#include "tern/layers/depthwise_conv2d.hpp"

namespace tern {

struct SeparableConv2dOptions {
    Size2d kernel;
    Size2d stride = 1;
    Padding2d padding = 0;
    Size2d dilation = 1;
};

/// (N, H, W, in) -> (N, OH, OW, out). Children: `depthwise` without bias, `pointwise` with. Where it can, it
/// does the work of both in one, normalises its input on the way, which it keeps for a shortcut that needs
/// it, too, and in training gathers the mean and variance of its output.
class SeparableConv2d : public Module {
  public:
    using Options = SeparableConv2dOptions;
    /// Throws Error for what DepthwiseConv2d and Conv2d refuse.
    SeparableConv2d(std::int64_t in_channels, std::int64_t out_channels, const Options& options)
        : depthwise_(add_child<DepthwiseConv2d>("depthwise", in_channels,
                                                {.kernel = options.kernel,
                                                 .stride = options.stride,
                                                 .padding = options.padding,
                                                 .dilation = options.dilation})),
          pointwise_(add_child<Conv2d>("pointwise", in_channels, out_channels, {.kernel = 1})) {}

    std::string type() const override { return "SeparableConv2d"; }

  protected:
    Features forward(Features input) override;

  private:
    DepthwiseConv2d& depthwise_;
    Conv2d& pointwise_;
};

}  // namespace tern
