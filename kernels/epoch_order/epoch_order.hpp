// The order in which an epoch visits the samples of a data set.
#pragma once

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

struct EpochOrderParams {
    bool shuffle = true;
    RandomStream random;  // its 64-bit numbers are the keys of the samples
};

/// The samples 0 .. count-1 as (count) int32 on `device`: in file order, or sorted by random keys of (seed,
/// epoch, sample), equal keys in file order. A pure function of its arguments, the same on every device.
Tensor epoch_order(std::int64_t count, bool shuffle, std::uint64_t seed, std::int64_t epoch,
                   Device device = {});

}  // namespace tern
