#include "tern/core/xxh128.hpp"

#include <array>
#include <cstdio>

#define XXH_INLINE_ALL  // no library to link
#include <xxhash.h>

namespace tern {
namespace {

std::string digits_of(const XXH128_hash_t& hash) {
    constexpr std::size_t kDigits = 32;
    std::array<char, kDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
    return digits.data();
}

}  // namespace

std::string xxh128(std::span<const std::byte> bytes) {
    return digits_of(XXH3_128bits(bytes.data(), bytes.size()));
}

struct Xxh128::State {
    XXH3_state_t state;
};

Xxh128::Xxh128() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->state); }
Xxh128::~Xxh128() = default;

void Xxh128::add(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&state_->state, bytes.data(), bytes.size());
}

std::string Xxh128::sum() const { return digits_of(XXH3_128bits_digest(&state_->state)); }

}  // namespace tern
