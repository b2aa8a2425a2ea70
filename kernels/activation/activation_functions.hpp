// The activations as functions of one number, for every implementation but ref.
#pragma once

#include <cmath>

#include "tern/core/error.hpp"
#include "tern/core/macros.hpp"
#include "tern/kernels/activation/activation.hpp"

namespace tern {

namespace activation_detail {

inline constexpr double kRootHalf = 0.70710678118654752;        // sqrt(1 / 2)
inline constexpr double kRootTwoOverPi = 0.79788456080286536;   // sqrt(2 / pi)
inline constexpr double kNormalDensity0 = 0.39894228040143268;  // 1 / sqrt(2 pi)
inline constexpr double kGeluCubic = 0.044715;

template <class Real>
TERN_HOST_DEVICE Real logistic(Real x) {
    return 1 / (1 + std::exp(-x));
}

template <class Real>
TERN_HOST_DEVICE Real gelu_tangent(Real x) {
    return std::tanh(static_cast<Real>(kRootTwoOverPi) * (x + static_cast<Real>(kGeluCubic) * x * x * x));
}

}  // namespace activation_detail

/// The activation of x. `parameter`: ActivationParams::parameter().
template <Activation kActivation, class Real>
TERN_HOST_DEVICE Real activated(Real x, [[maybe_unused]] Real parameter) {
    using namespace activation_detail;
    using enum Activation;
    if constexpr (kActivation == relu) return x < 0 ? Real(0) : x;
    if constexpr (kActivation == relu6) return x < 0 ? Real(0) : x > 6 ? Real(6) : x;
    if constexpr (kActivation == leaky_relu) return x < 0 ? parameter * x : x;
    if constexpr (kActivation == elu) return x < 0 ? parameter * std::expm1(x) : x;
    if constexpr (kActivation == gelu) return x / 2 * (1 + std::erf(x * static_cast<Real>(kRootHalf)));
    if constexpr (kActivation == gelu_tanh) return x / 2 * (1 + gelu_tangent(x));
    if constexpr (kActivation == silu) return x * logistic(x);
    if constexpr (kActivation == sigmoid) return logistic(x);
    if constexpr (kActivation == Activation::tanh) return std::tanh(x);
    if constexpr (kActivation == hard_swish)
        return x <= -3 ? Real(0) : x >= 3 ? x : x * (x + 3) * static_cast<Real>(1.0 / 6);
    if constexpr (kActivation == none) return x;
}

/// The gradient at x, from the gradient dy of the activation of x.
template <Activation kActivation, class Real>
TERN_HOST_DEVICE Real activation_gradient(Real x, Real dy, [[maybe_unused]] Real parameter) {
    using namespace activation_detail;
    using enum Activation;
    if constexpr (kActivation == relu) return x <= 0 ? Real(0) : dy;
    if constexpr (kActivation == relu6) return x <= 0 || x >= 6 ? Real(0) : dy;
    if constexpr (kActivation == leaky_relu) return x <= 0 ? parameter * dy : dy;
    if constexpr (kActivation == elu) return x <= 0 ? parameter * std::exp(x) * dy : dy;
    if constexpr (kActivation == gelu) {
        const Real below = (1 + std::erf(x * static_cast<Real>(kRootHalf))) / 2;
        return dy * (below + x * static_cast<Real>(kNormalDensity0) * std::exp(-x * x / 2));
    }
    if constexpr (kActivation == gelu_tanh) {
        const Real t = gelu_tangent(x);
        const Real inner =
            static_cast<Real>(kRootTwoOverPi) * (1 + 3 * static_cast<Real>(kGeluCubic) * x * x);
        return dy * ((1 + t) + x * (1 - t * t) * inner) / 2;
    }
    if constexpr (kActivation == silu) {
        const Real s = logistic(x);
        return dy * (s + x * s * (1 - s));
    }
    if constexpr (kActivation == sigmoid) return dy * logistic(x) * logistic(-x);
    if constexpr (kActivation == Activation::tanh) {
        const Real e = std::exp(-2 * std::fabs(x));  // 1 - tanh(x)^2 would cancel
        return dy * (4 * e / ((1 + e) * (1 + e)));
    }
    if constexpr (kActivation == hard_swish)
        return x <= -3  ? Real(0)
               : x >= 3 ? dy
                        : dy * (x * static_cast<Real>(1.0 / 3) + static_cast<Real>(0.5));
    if constexpr (kActivation == none) return dy;
}

/// Calls `function.template operator()<kActivation>()` with the activation as a constant.
template <class F>
decltype(auto) visit_activation(Activation activation, F&& function) {
    using enum Activation;
    switch (activation) {
        case none:
            return function.template operator()<none>();
        case relu:
            return function.template operator()<relu>();
        case relu6:
            return function.template operator()<relu6>();
        case leaky_relu:
            return function.template operator()<leaky_relu>();
        case elu:
            return function.template operator()<elu>();
        case gelu:
            return function.template operator()<gelu>();
        case gelu_tanh:
            return function.template operator()<gelu_tanh>();
        case silu:
            return function.template operator()<silu>();
        case sigmoid:
            return function.template operator()<sigmoid>();
        case Activation::tanh:
            return function.template operator()<Activation::tanh>();
        case hard_swish:
            return function.template operator()<hard_swish>();
    }
    fail("activation", "no activation of number ", static_cast<int>(activation));
}

}  // namespace tern
