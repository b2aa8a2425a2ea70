// Activations: one function of one number, applied to every element.
#pragma once

#include <cstdint>
#include <ostream>
#include <string_view>

#include "tern/core/tensor.hpp"

namespace tern {

enum class Activation : std::uint8_t {
    none,        // x
    relu,        // max(x, 0)
    relu6,       // min(max(x, 0), 6)
    leaky_relu,  // x above 0, slope * x below
    elu,         // x above 0, alpha (exp(x) - 1) below
    gelu,        // x Phi(x), Phi the normal distribution function
    gelu_tanh,   // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), an approximation of gelu
    silu,        // x sigmoid(x)
    sigmoid,     // 1 / (1 + exp(-x))
    tanh,
    hard_swish,  // x min(max(x + 3, 0), 6) / 6
};

std::string_view name_of(Activation activation);
/// Throws Error that lists the names.
Activation parse_activation(std::string_view name);
inline std::ostream& operator<<(std::ostream& out, Activation activation) {
    return out << name_of(activation);
}

struct ActivationParams {
    Activation activation = Activation::none;
    double slope = 0.01;  // of leaky_relu
    double alpha = 1;     // of elu

    /// The number that the activation depends on, if it does on any.
    double parameter() const { return activation == Activation::elu ? alpha : slope; }
};

/// Each element through `activation`; a NaN stays one. At a kink the derivative is the one of the lower side.
/// Differentiable; throws Error unless the elements are floating-point.
Tensor activation(const Tensor& input, const ActivationParams& params);
Tensor activation(const Tensor& input, Activation activation, double slope = 0.01);

Tensor relu(const Tensor& input);
Tensor relu6(const Tensor& input);
Tensor leaky_relu(const Tensor& input, double slope = 0.01);
/// As PyTorch's: alpha may be any number (Clevert et al., "Fast and accurate deep network learning by
/// exponential linear units", 2016).
Tensor elu(const Tensor& input, double alpha = 1);
Tensor gelu(const Tensor& input);
Tensor gelu_tanh(const Tensor& input);
Tensor silu(const Tensor& input);
Tensor sigmoid(const Tensor& input);
Tensor tanh(const Tensor& input);
Tensor hard_swish(const Tensor& input);

}  // namespace tern
