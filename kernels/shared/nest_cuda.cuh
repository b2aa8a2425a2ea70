// Loop nests in CUDA: where the arrays of a broadcast, a permutation or a reduction stand at a step.
#pragma once

#include "tern/kernels/shared/flat_cuda.cuh"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern {

/// A LoopNest of fewer than 2^31 steps as kernels take it: 32-bit divisions cost a third of 64-bit ones.
template <int K>
struct DeviceNest {
    struct Offsets {
        std::uint32_t v[K];
    };

    int rank;
    std::uint32_t extents[Shape::kMaxRank];
    std::uint32_t strides[Shape::kMaxRank][K];

    /// Where the arrays stand at step `flat`, in elements. No division for a single loop.
    __device__ Offsets offsets_of(std::uint32_t flat) const {
        Offsets at{};
#pragma unroll  // so that the compiler knows each place: indexed, the nest would be copied to memory
        for (int d = Shape::kMaxRank - 1; d >= 0; --d) {
            if (d >= rank) continue;
            const std::uint32_t rest = d == 0 ? 0 : flat / extents[d];
            const std::uint32_t index = flat - rest * extents[d];
#pragma unroll
            for (int k = 0; k < K; ++k) at.v[k] += index * strides[d][k];
            flat = rest;
        }
        return at;
    }
};

template <int K>
DeviceNest<K> device_nest(const LoopNest<K>& nest) {
    DeviceNest<K> result{};
    result.rank = nest.rank();
    for (int d = 0; d < nest.rank(); ++d) {
        result.extents[d] = static_cast<std::uint32_t>(nest.loop(d).extent);
        for (int k = 0; k < K; ++k)
            result.strides[d][k] = static_cast<std::uint32_t>(nest.loop(d).strides[k]);
    }
    return result;
}

}  // namespace tern
