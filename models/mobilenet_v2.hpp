// MobileNetV2 (Sandler et al.: "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018) in the form for
// CIFAR-10 of github.com/kuangliu/pytorch-cifar, with its names: strides of 1 in the first stages, ReLU where
// the paper has ReLU6, and a convolution in shortcuts where only the channels change. Batches of 128 and 200
// epochs are from there.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights initialised as PyTorch does. For 10 classes 2,296,922
/// parameters.
std::unique_ptr<Module> make_mobilenet_v2(const ModelOptions& options);

}  // namespace tern
