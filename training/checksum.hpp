// Sums that tell damaged data from whole.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace tern {

/// XXH128 (https://xxhash.com) in 32 hexadecimal digits, as xxh128sum prints it. Against accidents, not
/// against forgery.
std::string xxh128(std::span<const std::byte> bytes);

}  // namespace tern
