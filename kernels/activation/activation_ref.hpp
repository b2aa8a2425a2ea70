// The activations as the references compute them: plainly, from the textbook.
#pragma once

#include <cmath>
#include <numbers>

#include "tern/kernels/activation/activation.hpp"

namespace tern::ref {

template <class Real>
constexpr Real kRootTwoOverPi = std::numbers::sqrt2_v<Real>* std::numbers::inv_sqrtpi_v<Real>;

template <class Real>
Real activated(const ActivationParams& p, Real x) {
    switch (p.activation) {
        case Activation::none:
            return x;
        case Activation::relu:
            return x < 0 ? 0 : x;
        case Activation::relu6:
            return x < 0 ? 0 : x > 6 ? 6 : x;
        case Activation::leaky_relu:
            return x < 0 ? static_cast<Real>(p.slope) * x : x;
        case Activation::elu:
            return x < 0 ? static_cast<Real>(p.alpha) * std::expm1(x) : x;
        case Activation::gelu:
            return x * std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2;
        case Activation::gelu_tanh:
            return x * (1 + std::tanh(kRootTwoOverPi<Real> * (x + Real(0.044715) * x * x * x))) / 2;
        case Activation::silu:
            return x / (1 + std::exp(-x));
        case Activation::sigmoid:
            return 1 / (1 + std::exp(-x));
        case Activation::tanh:
            return std::tanh(x);
        case Activation::hard_swish:
            return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    }
    TERN_ASSERT(false);
}

template <class Real>
Real activation_derivative(const ActivationParams& p, Real x) {
    // 1 - s and 1 - tanh(x)^2 without the difference, which is 0 from where the second rounds to 1
    const Real s = 1 / (1 + std::exp(-x)), rest = 1 / (1 + std::exp(x)), e = std::exp(-2 * std::fabs(x));
    switch (p.activation) {
        case Activation::none:
            return 1;
        case Activation::relu:
            return x <= 0 ? 0 : 1;
        case Activation::relu6:
            return x <= 0 || x >= 6 ? 0 : 1;
        case Activation::leaky_relu:
            return x <= 0 ? static_cast<Real>(p.slope) : 1;
        case Activation::elu:
            return x <= 0 ? static_cast<Real>(p.alpha) * std::exp(x) : 1;
        case Activation::gelu:  // Phi(x) + x phi(x)
            return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2 +
                   x * kRootTwoOverPi<Real> * std::exp(-x * x / 2) / 2;
        case Activation::gelu_tanh: {
            const Real inner = std::tanh(kRootTwoOverPi<Real> * (x + Real(0.044715) * x * x * x));
            return (1 + inner +
                    x * (1 - inner * inner) * kRootTwoOverPi<Real> * (1 + Real(0.134145) * x * x)) /
                   2;
        }
        case Activation::silu:
            return s * (1 + x * rest);
        case Activation::sigmoid:
            return s * rest;
        case Activation::tanh:
            return 4 * e / ((1 + e) * (1 + e));
        case Activation::hard_swish:
            return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + Real(0.5);
    }
    TERN_ASSERT(false);
}

/// A flat piece stops even an infinite gradient.
template <class Real>
Real activation_gradient(const ActivationParams& p, Real x, Real dy) {
    const Real factor = activation_derivative(p, x);
    return factor == 0 ? 0 : dy * factor;
}

}  // namespace tern::ref
