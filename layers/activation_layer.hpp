// Activation functions as layers: any, and those with well-known names.
#pragma once

#include "tern/kernels/activation/activation.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// Any shape, element by element.
class ActivationLayer : public Module {
  public:
    /// `slope`: of leaky_relu below zero.
    explicit ActivationLayer(Activation kind, double slope = 0.01)
        : ActivationLayer(ActivationParams{kind, slope}) {}
    explicit ActivationLayer(const ActivationParams& params) : params_(params) {}

    std::string type() const override { return std::string(name_of(params_.activation)); }

  protected:
    Features forward(Features input) override { return activation(input, params_); }

  private:
    ActivationParams params_;
};

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

/// alpha (exp(x) - 1) below zero.
struct ELU : ActivationLayer {
    explicit ELU(double alpha = 1) : ActivationLayer({.activation = Activation::elu, .alpha = alpha}) {}
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
