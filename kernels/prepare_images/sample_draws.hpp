// The random numbers of a sample of an augmented batch. For CPUs and devices.
#pragma once

#include "tern/core/random.hpp"

namespace tern {

/// Block k of a sample in an epoch is four draws of 32 bits: block k 2^48 + sample of RandomStream{seed, augment, epoch}.
/// 0: crop in h, crop in w, mirror, angle; 1: cutout in h and w, sharpening, brightness; 2: contrast, saturation, hue,
/// mixup or cutmix; 3: partner, share, rectangle in h and w.
struct SampleDraws {
    RandomStream stream;
    std::uint64_t sample;

    TERN_HOST_DEVICE SampleDraws(std::uint64_t seed, std::uint32_t epoch, std::int64_t number)
        : stream{seed, RandomPurpose::augment, epoch}, sample(static_cast<std::uint64_t>(number)) {}

    TERN_HOST_DEVICE Random4 block(std::uint64_t k) const { return stream.bits((k << 48) + sample); }
};

/// A whole number in [0, count), of a count up to 2^32.
TERN_HOST_DEVICE inline std::int64_t draw_below(std::uint32_t bits, std::int64_t count) {
    return static_cast<std::int64_t>(bits * static_cast<std::uint64_t>(count) >> 32);
}
/// A whole number in [-limit, limit].
TERN_HOST_DEVICE inline std::int64_t draw_around(std::uint32_t bits, std::int64_t limit) {
    return draw_below(bits, 2 * limit + 1) - limit;
}
/// In [0, 1), exact in float32.
TERN_HOST_DEVICE inline float draw_unit(std::uint32_t bits) {
    return static_cast<float>(bits >> 8) * 0x1p-24f;
}

}  // namespace tern
