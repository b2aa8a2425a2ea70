// The order of elements, for every implementation but ref.
#pragma once

#include "tern/core/dtype.hpp"
#include "tern/core/macros.hpp"

namespace tern {

/// What elements are compared as: 16-bit types as float32.
template <class T>
using Ordered = std::conditional_t<std::is_integral_v<T>, T, Compute<T>>;

/// Whether `a` comes before an equal or another `b` that stands behind it: NaNs first, then by falling size.
template <class T>
TERN_HOST_DEVICE bool at_least(T a, T b) {
    return a >= b || a != a;
}

}  // namespace tern
