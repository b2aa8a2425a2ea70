// Positions in row-major tensors, for reference loops alone: plain and slow.
#pragma once

#include <array>

#include "tern/core/shape.hpp"

namespace tern::ref {

using Position = std::array<std::int64_t, Shape::kMaxRank>;  // index per dimension, outermost first

/// The position of element `flat`.
inline Position position_of(std::int64_t flat, const Shape& shape) {
    Position position{};
    for (int d = shape.rank() - 1; d >= 0; --d) {
        position[d] = flat % shape[d];
        flat /= shape[d];
    }
    return position;
}

/// The element at `position`; its inverse.
inline std::int64_t flat_of(const Position& position, const Shape& shape) {
    std::int64_t flat = 0;
    for (int d = 0; d < shape.rank(); ++d) flat = flat * shape[d] + position[d];
    return flat;
}

/// The element of an operand of shape `shape` that meets element `i` of the result of a broadcast.
inline std::int64_t operand_index(std::int64_t i, const Shape& result, const Shape& shape) {
    const Position at = position_of(i, result);
    const int missing = result.rank() - shape.rank();
    std::int64_t flat = 0;
    for (int d = 0; d < shape.rank(); ++d) flat = flat * shape[d] + (shape[d] == 1 ? 0 : at[d + missing]);
    return flat;
}

}  // namespace tern::ref
