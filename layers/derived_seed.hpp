// Seeds that follow from another one.
#pragma once

#include <cstdint>
#include <string_view>

namespace tern {

/// Number `which` of 2^64 seeds that follow from `seed`: different ones for different numbers, drawn from the
/// stream of a parameter that no module has.
std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t which);

/// The one of a name: the number is its FNV-1a hash.
std::uint64_t derived_seed(std::uint64_t seed, std::string_view name);

}  // namespace tern
