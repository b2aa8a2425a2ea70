// A tensor along one of its dimensions.
#pragma once

#include <cstdint>

#include "tern/core/error.hpp"
#include "tern/core/shape.hpp"

namespace tern {

/// The shape as (outer, along, inner): element (o, k, i) lies at (o * along + k) * inner + i.
struct AxisExtents {
    std::int64_t outer = 1, along = 1, inner = 1;

    /// All 0 for a tensor without elements, whose other extents need no limit.
    AxisExtents(const Shape& shape, int axis) : along(shape[axis]) {
        if (shape.numel() == 0) {
            outer = along = inner = 0;
            return;
        }
        for (int d = 0; d < shape.rank(); ++d) {
            if (d < axis) outer *= shape[d];
            if (d > axis) inner *= shape[d];
        }
    }
};

/// `axis` counted from the first dimension; throws Error in the name of `where` if there is none such.
inline int axis_from_first(const char* where, int axis, const Shape& shape) {
    const int d = axis < 0 ? axis + shape.rank() : axis;
    TERN_CHECK(d >= 0 && d < shape.rank(), where, "axis ", axis, " of shape ", shape);
    return d;
}

}  // namespace tern
