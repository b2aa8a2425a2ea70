// Whether the probabilities of a classifier are those with which it is right.
#pragma once

#include <array>

#include "tern/core/tensor.hpp"

namespace tern {

/// The expected calibration error of Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural networks",
/// 2017, section 2: samples are put into bins by their confidence, the largest probability of the softmax, and
/// the error is the mean over all samples of how far the confidence of their bin is from its accuracy.
class Calibration {
  public:
    /// Of one width: bin i has the confidences in (i / 15, (i + 1) / 15].
    static constexpr std::size_t kBins = 15;

    struct Bin {
        std::int64_t samples = 0, correct = 0;
        double confidences = 0;  // their sum

        /// Means over the samples; 0 where there are none.
        double confidence() const;
        double accuracy() const;
    };

    /// logits: (N, K) floating; labels: (N) int32; on any device, whose work is waited for. The prediction is
    /// the first of the largest logits. A logit that is not finite makes the error NaN.
    void add(const Tensor& logits, const Tensor& labels);

    const std::array<Bin, kBins>& bins() const { return bins_; }
    /// From 0 to 1; 0 before the first sample.
    double error() const;

  private:
    std::array<Bin, kBins> bins_{};
};

}  // namespace tern
