// The comparisons as functions, for every implementation but ref.
#pragma once

#include "tern/core/dtype.hpp"
#include "tern/core/macros.hpp"
#include "tern/kernels/compare/compare.hpp"

namespace tern {

/// What elements are compared as: 16-bit types as float32.
template <class T>
using Compared = std::conditional_t<std::is_integral_v<T>, T, Compute<T>>;

template <class T>
TERN_HOST_DEVICE bool compares(Comparison kind, T a, T b) {
    switch (kind) {
        case Comparison::equal:
            return a == b;
        case Comparison::not_equal:
            return a != b;
        case Comparison::less:
            return a < b;
        case Comparison::less_equal:
            return a <= b;
        case Comparison::greater:
            return a > b;
        case Comparison::greater_equal:
            return a >= b;
    }
    return false;
}

}  // namespace tern
