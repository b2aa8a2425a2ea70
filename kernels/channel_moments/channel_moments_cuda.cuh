// The merge of what blocks have gathered, for this operation and those that end with its sums.
#pragma once

#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::channel_moments_passes {

/// For channel_rows_cuda::launch_merge(): from what blocks have gathered, (blocks, 2, C), to mean and
/// variance, (C). A block has, per channel, its mean distance from an origin and the sum of squared
/// distances from that mean. Blocks: `double rows_of_block(int)`, `double all_rows()`, `float origin(int
/// channel)`, on the device.
template <class Blocks>
struct MergeMoments {
    Blocks blocks;
    float *mean, *variance;

    // Sums of distances and of their squares, both from the origin: in double the difference below loses at
    // most the factor M of 2^53.
    __device__ void add(int block, float block_mean, float squares, double& sum, double& sum_squares) const {
        const double count = blocks.rows_of_block(block), distance = static_cast<double>(block_mean);
        sum += count * distance;
        sum_squares += static_cast<double>(squares) + count * distance * distance;
    }
    __device__ void finish(int channel, double sum, double sum_squares) const {
        const double count = blocks.all_rows(), distance = sum / count;
        const double squares = sum_squares - sum * distance;
        mean[channel] = static_cast<float>(static_cast<double>(blocks.origin(channel)) + distance);
        // Equal numbers can leave -1e-20; a NaN stays.
        variance[channel] = static_cast<float>((squares < 0 ? 0 : squares) / count);
    }
};

}  // namespace tern::channel_moments_passes
