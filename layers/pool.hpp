// Pools as layers.
#pragma once

#include "tern/kernels/global_average_pool/global_average_pool.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"
#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

/// (N, H, W, C) -> (N, OH, OW, C): the largest value under the window; padding counts as -infinity. On the
/// CPU a normalisation that the layer before left is done on the way (normalize_max_pool2d).
class MaxPool2d : public FeatureModule {
  public:
    explicit MaxPool2d(const SlidingWindow& window) : window_(window) {}
    std::string type() const override { return "MaxPool2d"; }

  protected:
    Features forward_features(const Features& input) override {
        const Window2d window = window_.at(input.tensor.shape());
        if (!input.norm || input.norm.residual || !runs_normalize_max_pool2d(input.tensor.device()))
            return {max_pool2d(input.value(), window)};
        return {normalize_max_pool2d(input.tensor, input.norm, window)};
    }

  private:
    SlidingWindow window_;
};

/// (N, H, W, C) -> (N, C): the mean over the pixels.
class GlobalAveragePool : public Module {
  public:
    std::string type() const override { return "GlobalAveragePool"; }

  protected:
    Tensor forward(const Tensor& input) override { return global_average_pool(input); }
};

}  // namespace tern
