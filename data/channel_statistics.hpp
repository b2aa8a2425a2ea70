// Mean and spread of what a set holds.
#pragma once

#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

/// A number for each channel of images, or for each element of a sample of features.
struct ChannelStatistics {
    std::vector<double> mean;      // of images in bytes, 0 to 255
    std::vector<double> variance;  // mean square of the distance from the mean
};

/// Over all pixels of all images (R, H, W, C) uint8, or over the samples of features (R, ...) float32; on the
/// CPU, of at least one pixel or number. Sums are whole numbers, or of chunks of a fixed size in their order,
/// so threads do not matter. `chosen`: the numbers of the samples that count, (S) int32, S at least 1; none: all.
ChannelStatistics channel_statistics(const Tensor& samples, const Tensor& chosen = {});

/// The same of a set; images that are read when they are asked for are read once, and never all held.
ChannelStatistics channel_statistics(const Dataset& dataset, const Tensor& chosen = {});

}  // namespace tern
