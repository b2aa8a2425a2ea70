// The shares of mixed images.
#pragma once

#include <array>
#include <cstdint>

#include "tern/core/macros.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

/// A share of one is this.
inline constexpr std::int64_t kWholeShare = 1 << 16;

/// Quantiles of the beta distribution with both parameters alike, at i / 256 for i from 0 on, in units of
/// 1 / kWholeShare. Between two of them the distribution is taken as uniform.
struct MixQuantiles {
    std::uint16_t values[256] = {};

    TERN_HOST_DEVICE std::int64_t share(std::uint32_t bits) const {
        const std::uint32_t i = bits >> 24;
        const std::int64_t low = values[i], high = i == 255 ? kWholeShare : values[i + 1];
        return low + ((high - low) * (bits >> 8 & 0xffff) >> 16);
    }
};

/// alpha: in (0, 100]. Computed once for each.
const MixQuantiles& mix_quantiles(double alpha);

}  // namespace tern
