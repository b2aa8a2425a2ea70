// The order in which an epoch visits the samples, cut into batches.
#pragma once

#include "tern/kernels/epoch_order/epoch_order.hpp"

namespace tern {

/// Consecutive pieces of an order; the last may be shorter.
class Batches {
  public:
    /// order: (R) int32 or int64, on the device of the data.
    Batches(Tensor order, std::int64_t batch_size);

    std::int64_t count() const;
    /// Samples of batch `i`, sharing memory with the order.
    Tensor operator[](std::int64_t i) const;

  private:
    Tensor order_;
    std::int64_t batch_size_;
};

}  // namespace tern
