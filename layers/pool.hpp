// Pools as layers.
#pragma once

#include <optional>

#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"
#include "tern/kernels/global_average_pool/global_average_pool.hpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"
#include "tern/layers/module.hpp"
#include "tern/layers/sliding_window.hpp"

namespace tern {

struct MaxPool2dOptions {
    Size2d kernel;
    std::optional<Size2d> stride = {};  // without: the kernel
    Padding2d padding = 0;
    Size2d dilation = 1;
};

/// (N, H, W, C) -> (N, OH, OW, C): the largest value under the window; padding counts as -infinity.
/// Where it is faster, a normalisation that the layer before left is done on the way (normalize_max_pool2d).
class MaxPool2d : public Module {
  public:
    using Options = MaxPool2dOptions;
    /// Throws Error for a window out of range.
    explicit MaxPool2d(const Options& options);
    std::string type() const override { return "MaxPool2d"; }

  protected:
    Features forward(Features input) override {
        const Window2d window = window_.at(input.shape());
        if (!runs_normalize_max_pool2d(input.tensor(), input.norm())) return max_pool2d(input, window);
        return normalize_max_pool2d(input.tensor(), input.norm(), window);
    }

  private:
    SlidingWindow window_;
};

struct AvgPool2dOptions {
    Size2d kernel;
    std::optional<Size2d> stride = {};  // without: the kernel
    Padding2d padding = 0;
    Size2d dilation = 1;
    bool count_padding = true;
};

/// (N, H, W, C) -> (N, OH, OW, C): the mean of each window; avg_pool2d() says what padding counts for.
class AvgPool2d : public Module {
  public:
    using Options = AvgPool2dOptions;
    /// Throws Error for a window out of range.
    explicit AvgPool2d(const Options& options);
    std::string type() const override { return "AvgPool2d"; }

  protected:
    Features forward(Features input) override {
        return avg_pool2d(input, window_.at(input.shape()), count_padding_);
    }

  private:
    SlidingWindow window_;
    bool count_padding_;
};

/// (N, H, W, C) -> (N, C): the mean over the pixels.
class GlobalAveragePool : public Module {
  public:
    std::string type() const override { return "GlobalAveragePool"; }

  protected:
    Features forward(Features input) override { return global_average_pool(input); }
};

}  // namespace tern
