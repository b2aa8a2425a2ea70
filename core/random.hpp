// Random numbers that depend on what they are for, not on who draws them or when: Philox4x32-10
// (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
#pragma once

#include <cstdint>

#include "tern/core/macros.hpp"

namespace tern {

/// What a stream of random numbers is for. Streams of different purposes never share numbers.
enum class RandomPurpose : std::uint32_t {
    initialize = 1,
    shuffle = 2,
    augment = 3,
    dropout = 4,
    synthetic_data = 5,
    split = 6,
    user = 1000,  // programs that link tern count up from here
};

struct Random4 {
    std::uint32_t v[4];
};

/// Ten rounds of Philox4x32 on a counter and a key.
TERN_HOST_DEVICE inline Random4 philox(Random4 counter, std::uint32_t key0, std::uint32_t key1) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter.v[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter.v[2];
        counter = {{static_cast<std::uint32_t>(product1 >> 32) ^ counter.v[1] ^ key0,
                    static_cast<std::uint32_t>(product1),
                    static_cast<std::uint32_t>(product0 >> 32) ^ counter.v[3] ^ key1,
                    static_cast<std::uint32_t>(product0)}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

/// Addresses 2^64 numbers: (seed, purpose, index of the epoch or step or tensor) choose the stream,
/// `element` the number in it. Every draw is a pure function; equal bits on every device.
struct RandomStream {
    std::uint64_t seed = 0;
    RandomPurpose purpose = RandomPurpose::user;
    std::uint32_t index = 0;

    /// 4 x 32 random bits for block `block`.
    TERN_HOST_DEVICE Random4 bits(std::uint64_t block) const {
        const Random4 counter{{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                               index, static_cast<std::uint32_t>(purpose)}};
        return philox(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
    }
    TERN_HOST_DEVICE std::uint32_t bits32(std::uint64_t element) const {
        return bits(element / 4).v[element % 4];
    }
    TERN_HOST_DEVICE std::uint64_t bits64(std::uint64_t element) const {
        const Random4 block = bits(element / 2);
        const int first = element % 2 == 0 ? 0 : 2;
        return (std::uint64_t{block.v[first + 1]} << 32) | block.v[first];
    }
    /// Uniform in [0, 1), a multiple of 2^-24: exact in float32.
    TERN_HOST_DEVICE float uniform(std::uint64_t element) const {
        return static_cast<float>(bits32(element) >> 8) * 0x1p-24f;
    }
    /// Standard normal (Box-Muller in double).
    double normal(std::uint64_t element) const;
};

}  // namespace tern
