// Arithmetic of two tensors, element by element, with NumPy's broadcasting.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

enum class BinaryKind : std::uint8_t { add, sub, mul, div, maximum, minimum, pow };

struct ElementwiseBinaryParams {
    BinaryKind kind = BinaryKind::add;
};

/// The shape that both broadcast to: aligned at the last dimension, an extent of 1 or a missing one is
/// repeated. Throws Error if other extents differ.
Shape broadcast_shape(const Shape& a, const Shape& b);

/// a and b: of one floating-point type on one device, of shapes that broadcast. Differentiable in both; where
/// a and b tie, maximum and minimum share the gradient evenly. A NaN in a or b gives a NaN, and both
/// then get the gradient, as in PyTorch. pow's gradients
/// are 0 where the limit is: for a at b = 0, for b at a = 0, b >= 0.
Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, const Tensor& b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }

/// A number meets every element, rounded to their type.
Tensor operator+(const Tensor& a, double b);
Tensor operator-(const Tensor& a, double b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator+(double a, const Tensor& b);
Tensor operator-(double a, const Tensor& b);
Tensor operator*(double a, const Tensor& b);
Tensor operator/(double a, const Tensor& b);
Tensor pow(const Tensor& a, double b);

/// a becomes the result; other handles of what a was keep it, as does the tape. Nothing is done in place.
template <class B>
Tensor& operator+=(Tensor& a, const B& b) {
    return a = a + b;
}
template <class B>
Tensor& operator-=(Tensor& a, const B& b) {
    return a = a - b;
}
template <class B>
Tensor& operator*=(Tensor& a, const B& b) {
    return a = a * b;
}
template <class B>
Tensor& operator/=(Tensor& a, const B& b) {
    return a = a / b;
}

}  // namespace tern
