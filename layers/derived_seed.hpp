// Seeds that follow from another one.
#pragma once

#include <cstdint>
#include <string_view>

#include "tern/core/random.hpp"

namespace tern {

/// Number `which` of 2^64 seeds that follow from `seed`: different ones for different numbers, drawn from the
/// stream of a parameter that no module has.
inline std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t which) {
    return RandomStream{seed, RandomPurpose::initialize, 0xffffffffu}.bits64(which);
}

/// The one of a name: the number is its FNV-1a hash (Fowler, Noll, Vo; 64 bits).
inline std::uint64_t derived_seed(std::uint64_t seed, std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return derived_seed(seed, hash);
}

}  // namespace tern
