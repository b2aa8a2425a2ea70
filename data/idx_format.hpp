// The IDX layout of MNIST and its like: a mark, sizes, and then the elements, here unsigned bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tern/core/shape.hpp"

namespace tern::idx {

/// Where the elements begin: after a mark of four bytes (0, 0, 8 for unsigned bytes, the number of sizes)
/// and that many sizes of four, the highest byte first.
constexpr std::int64_t header_bytes(int rank) { return 4 + std::int64_t{4} * rank; }

/// The sizes that the header of a whole file gives, the number of samples first. Throws Error that names `file`
/// if it is of another type or has another number of them, one is 0, or they are not those of the bytes that
/// follow.
Shape parse_sizes(const std::string& file, std::span<const std::byte> bytes, int rank);

}  // namespace tern::idx
