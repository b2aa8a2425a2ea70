// Activations as layers under their well-known names; ActivationLayer takes any.
#pragma once

#include "tern/layers/activation_layer.hpp"

namespace tern {

struct ReLU : ActivationLayer {
    ReLU() : ActivationLayer(Activation::relu) {}
};

struct ReLU6 : ActivationLayer {
    ReLU6() : ActivationLayer(Activation::relu6) {}
};

/// slope * x below zero.
struct LeakyReLU : ActivationLayer {
    explicit LeakyReLU(double slope = 0.01) : ActivationLayer(Activation::leaky_relu, slope) {}
};

/// With alpha 1.
struct ELU : ActivationLayer {
    ELU() : ActivationLayer(Activation::elu) {}
};

/// The exact one; ActivationLayer(Activation::gelu_tanh) is the approximation.
struct GELU : ActivationLayer {
    GELU() : ActivationLayer(Activation::gelu) {}
};

/// Also called swish.
struct SiLU : ActivationLayer {
    SiLU() : ActivationLayer(Activation::silu) {}
};

struct Sigmoid : ActivationLayer {
    Sigmoid() : ActivationLayer(Activation::sigmoid) {}
};

struct Tanh : ActivationLayer {
    Tanh() : ActivationLayer(Activation::tanh) {}
};

struct Hardswish : ActivationLayer {
    Hardswish() : ActivationLayer(Activation::hard_swish) {}
};

}  // namespace tern
