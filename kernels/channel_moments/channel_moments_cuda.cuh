// The merge of what blocks have gathered, for this operation and those that end with its sums.
#pragma once

#include "tern/kernels/shared/merge_cuda.cuh"

namespace tern::channel_moments_passes {

/// From blocks' moments to mean and variance, (C). A block has, per channel, its mean distance from an origin and the sum of squared
/// distances from that mean.
struct MergeMoments {
    float *mean, *variance;
    double rows;  // of all blocks

    // Sums of distances and of their squares, both from the origin: in double the difference below loses at
    // most the factor M of 2^53.
    __device__ static void add(double count, float block_mean, float squares, cuda::SumPair& sums) {
        const double distance = static_cast<double>(block_mean);
        sums.first += count * distance;
        sums.second += static_cast<double>(squares) + count * distance * distance;
    }
    __device__ void finish(int channel, float origin, double sum, double sum_squares) const {
        const double distance = sum / rows, squares = sum_squares - sum * distance;
        mean[channel] = static_cast<float>(static_cast<double>(origin) + distance);
        // Equal numbers can leave -1e-20; a NaN stays.
        variance[channel] = static_cast<float>((squares < 0 ? 0 : squares) / rows);
    }
};

}  // namespace tern::channel_moments_passes
