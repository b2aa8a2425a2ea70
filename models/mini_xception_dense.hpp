// MiniXception as the paper's PyTorch run builds it: plain convolutions, no residuals.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights initialised as PyTorch does. For 10 classes 391,050
/// parameters.
std::unique_ptr<Module> make_mini_xception_dense(const ModelOptions& options);

}  // namespace tern
