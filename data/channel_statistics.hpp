// Mean and spread of pixels.
#pragma once

#include <array>

#include "tern/core/tensor.hpp"

namespace tern {

struct ChannelStatistics {
    std::array<double, 3> mean{};      // of bytes, 0 to 255
    std::array<double, 3> variance{};  // mean square of the distance from the mean
};

/// Over all pixels of each channel; images: (R, 3, H, W) uint8 on the CPU, of at least one pixel. Sums are
/// whole numbers, so threads do not matter.
ChannelStatistics channel_statistics(const Tensor& images);

}  // namespace tern
