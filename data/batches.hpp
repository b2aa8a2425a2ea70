// The order in which an epoch visits the records, cut into batches.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// The records 0 .. count-1 as (count) int32 on `device`: in file order, or sorted by random keys of (seed,
/// epoch, record), equal keys in file order. A pure function of its arguments.
Tensor epoch_order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch,
                   Device device = {});

/// Consecutive pieces of an order; the last may be shorter.
class Batches {
  public:
    /// order: (R) int32 or int64, on the device of the data.
    Batches(Tensor order, std::int64_t batch_size);

    std::int64_t count() const;
    /// Records of batch `i`, sharing memory with the order.
    Tensor operator[](std::int64_t i) const;

  private:
    Tensor order_;
    std::int64_t batch_size_;
};

}  // namespace tern
