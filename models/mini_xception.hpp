// MiniXception as the paper's sequential and mirrored runs build it (Aamir, Raheel, Noor us Sabah:
// "Parallelization of Image Classification using Convolutional Neural Networks").
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights initialised as Keras does. For 10 classes 94,474 parameters.
std::unique_ptr<Module> make_mini_xception(const ModelOptions& options);

}  // namespace tern
