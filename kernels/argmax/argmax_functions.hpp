// The scan along a dimension, for every implementation but ref.
#pragma once

#include "tern/core/dtype.hpp"
#include "tern/core/macros.hpp"

namespace tern {

/// The place of the first NaN among x[0], x[stride], ..., or of the first of the largest.
template <class T>
TERN_HOST_DEVICE std::int64_t place_of_largest(const T* x, std::int64_t count, std::int64_t stride) {
    using Number = std::conditional_t<std::is_integral_v<T>, T, Compute<T>>;
    std::int64_t best = 0;
    auto top = static_cast<Number>(x[0]);
    for (std::int64_t k = 1; k < count && top == top; ++k) {
        const auto value = static_cast<Number>(x[k * stride]);
        if (!(value > top) && value == value) continue;
        best = k;
        top = value;
    }
    return best;
}

}  // namespace tern
