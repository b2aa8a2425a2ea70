// A multi-layer perceptron, Keras' example for MNIST (mnist_mlp.py: two hidden layers of 512, batches of 128, 20
// epochs) without its dropout.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) of this size -> logits (N, classes), weights initialised as Keras does. For 10 classes and
/// images 32x32x3 1,841,162 parameters. The order of the inputs is C, H, W, as PyTorch flattens images.
std::unique_ptr<Module> make_mlp(const ModelOptions& options);

}  // namespace tern
