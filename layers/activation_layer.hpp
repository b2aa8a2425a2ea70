// An activation function as a layer.
#pragma once

#include "tern/kernels/activation/activation.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// Any shape, element by element.
class ActivationLayer : public Module {
  public:
    /// `slope`: of leaky_relu below zero.
    explicit ActivationLayer(Activation kind, double slope = 0.01) : kind_(kind), slope_(slope) {}

    std::string type() const override { return std::string(name_of(kind_)); }

  protected:
    Features forward(Features input) override { return activation(input, kind_, slope_); }

  private:
    Activation kind_;
    double slope_;
};

}  // namespace tern
