// Where a sample of an augmented batch lies in its stored image.
#pragma once

#include "tern/core/random.hpp"
#include "tern/kernels/prepare_images/prepare_images.hpp"

namespace tern {

/// The crop and the mirror of one sample (the rule is in prepare_images.hpp). For CPUs and devices.
struct Placement {
    int down, right;
    bool mirrored;

    TERN_HOST_DEVICE Placement(const PrepareImagesParams& params, std::int64_t sample)
        : down(0), right(0), mirrored(false) {
        const RandomStream stream{params.seed, RandomPurpose::augment, params.epoch};
        const Random4 bits = stream.bits(static_cast<std::uint64_t>(sample));
        down = move(bits.v[0], params.crop_padding);
        right = move(bits.v[1], params.crop_padding);
        mirrored = params.flip && bits.v[2] >> 31 != 0;
    }

    TERN_HOST_DEVICE int row(int h) const { return h + down; }
    TERN_HOST_DEVICE int column(int w, int width) const { return (mirrored ? width - 1 - w : w) + right; }

  private:
    TERN_HOST_DEVICE static int move(std::uint32_t bits, std::int64_t padding) {
        const auto places = static_cast<std::uint64_t>(2 * padding + 1);
        return static_cast<int>(static_cast<std::int64_t>(bits * places >> 32) - padding);
    }
};

}  // namespace tern
