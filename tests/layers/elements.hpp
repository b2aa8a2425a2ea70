// What tests ask of the elements of tensors.
#pragma once

#include <algorithm>
#include <cmath>

#include "tern/core/tensor.hpp"

namespace tern::test {

/// The largest absolute value of float32 numbers.
inline double largest(const Tensor& tensor) {
    double result = 0;
    for (const float value : tensor.elements<float>())
        result = std::max(result, std::fabs(static_cast<double>(value)));
    return result;
}

/// Whether shape and bits are equal.
inline bool is_equal(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::equal(a.raw_data(), a.raw_data() + a.bytes(), b.raw_data());
}

}  // namespace tern::test
