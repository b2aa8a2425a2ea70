// The residual network of 20 layers for CIFAR-10 (He, Zhang, Ren, Sun: "Deep Residual Learning for Image
// Recognition", CVPR 2016, section 4.2), with the names of github.com/akamaster/pytorch_resnet_cifar10, whose
// batches of 128 and 200 epochs are the defaults.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights normal as He et al. 2015 draw them. For 10 classes 269,722
/// parameters.
std::unique_ptr<Module> make_resnet20(const ModelOptions& options);

}  // namespace tern
