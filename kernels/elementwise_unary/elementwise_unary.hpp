// Functions of one number, element by element.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

enum class UnaryKind : std::uint8_t { neg, exp, log, sqrt, abs, square, reciprocal, scale_shift };

struct ElementwiseUnaryParams {
    UnaryKind kind = UnaryKind::neg;
    double scale = 1, shift = 0;  // of scale_shift
};

/// Of the input's shape and floating-point type. Differentiable; the derivative of abs at 0 is 0. Outside
/// their domain they give what IEEE 754 says: log(-1) is NaN, reciprocal(0) infinite.
Tensor neg(const Tensor& input);
inline Tensor operator-(const Tensor& input) { return neg(input); }
Tensor exp(const Tensor& input);
Tensor log(const Tensor& input);
Tensor sqrt(const Tensor& input);
Tensor abs(const Tensor& input);
Tensor square(const Tensor& input);
Tensor reciprocal(const Tensor& input);
/// scale * x + shift
Tensor scale_shift(const Tensor& input, double scale, double shift);

}  // namespace tern
