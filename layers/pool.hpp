// Pools as layers.
#pragma once

#include "tern/kernels/global_average_pool/global_average_pool.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

/// (N, H, W, C) -> (N, OH, OW, C): the largest value under the window; padding counts as -infinity.
class MaxPool2d : public Module {
  public:
    explicit MaxPool2d(const SlidingWindow& window) : window_(window) {}
    std::string type() const override { return "MaxPool2d"; }

  protected:
    Tensor forward(const Tensor& input) override { return max_pool2d(input, window_.at(input.shape())); }

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
