// Sums over batches that stay on the device until somebody asks.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// Means over the samples seen.
struct TotalsRead {
    double loss = 0;
    double accuracy = 0;
    std::int64_t samples = 0;
};

class Totals {
  public:
    explicit Totals(Device device) : sums_(Tensor::zeros({3}, DType::float64, device)) {}

    /// logits: (N, K); labels: (N) int32; loss: their mean.
    void add(const Tensor& logits, const Tensor& labels, const Tensor& loss) const;
    /// Waits for the device. Without any sample all are 0.
    TotalsRead read() const;
    /// The sums of losses, of correct predictions and of samples: float64 (3), a handle on the tensor itself.
    const Tensor& sums() const { return sums_; }
    void reset() const { sums_.fill_zero(); }

  private:
    Tensor sums_;
};

}  // namespace tern
