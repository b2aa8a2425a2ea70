#include "tern/training/checksum.hpp"

#include <array>
#include <cstdio>

#define XXH_INLINE_ALL  // no library to link
#include <xxhash.h>

namespace tern {

std::string xxh128(std::span<const std::byte> bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    std::array<char, 33> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
    return digits.data();
}

}  // namespace tern
