// A tensor along one of its dimensions, in CUDA.
#pragma once

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/shared/axis.hpp"

namespace tern {

/// Element (o, k, i) of a tensor (outer, along, inner).
struct AxisSplit {
    cuda::Divisor inner, along;

    AxisSplit(std::int64_t inner_extent, std::int64_t along_extent)
        : inner(inner_extent), along(along_extent) {}
    __device__ void split(std::int64_t element, int& o, int& k, int& i) const {
        const int row = inner.quotient(static_cast<int>(element));
        i = static_cast<int>(element) - row * inner.divisor();
        o = along.quotient(row);
        k = row - o * along.divisor();
    }
};

}  // namespace tern
