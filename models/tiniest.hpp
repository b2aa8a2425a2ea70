// A network of our own: at most 100,000 parameters, and 0.4 of mini_xception's multiply-adds, two thirds of them in
// products over channels. Gated units (Dauphin et al.: "Language Modeling with Gated Convolutional Networks",
// 2017) look through wide depthwise windows (Liu et al.: "A ConvNet for the 2020s", 2022), 7x7 and some of them
// dilated, so that three blocks see 37 pixels across; two steps down. Group normalisation (Wu, He 2018) does the
// same in training and evaluation, whatever the batch.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights initialised as PyTorch does. For 10 classes 97,338
/// parameters.
std::unique_ptr<Module> make_tiniest(const ModelOptions& options);

}  // namespace tern
