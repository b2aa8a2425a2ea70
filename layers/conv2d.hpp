// 2-D convolution as a layer.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

struct Conv2dOptions {
    Size2d kernel;
    Size2d stride = 1;
    Padding2d padding = 0;
    Size2d dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
};

/// (N, H, W, in) -> (N, OH, OW, out). Parameters: weight (out, in / groups, KH, KW), bias (out).
///
///     tern::Conv2d conv(3, 32, {.kernel = 3, .stride = 2, .padding = tern::kSame});
class Conv2d : public Module {
  public:
    using Options = Conv2dOptions;
    /// Throws Error for a window out of range, and unless the channels are positive multiples of the groups.
    Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Options& options);

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
    std::int64_t groups() const;
    bool is_pointwise() const;

    SlidingWindow window_;
    std::int64_t outputs_of_group_;  // 0: there is one group
    Tensor weight_, bias_;
};

}  // namespace tern
