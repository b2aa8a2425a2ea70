#include "tern/layers/derived_seed.hpp"

#include "tern/core/fnv1a.hpp"
#include "tern/core/random.hpp"

namespace tern {

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t which) {
    return RandomStream{seed, RandomPurpose::initialize, 0xffffffffu}.bits64(which);
}

std::uint64_t derived_seed(std::uint64_t seed, std::string_view name) {
    Fnv1a hash;
    hash.add(name);
    return derived_seed(seed, hash.value());
}

}  // namespace tern
