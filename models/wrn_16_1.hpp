// The wide residual network WRN-16-1 (Zagoruyko, Komodakis: "Wide Residual Networks", BMVC 2016), with the names of
// github.com/xternalz/WideResNet-pytorch. Batches of 128 and 200 epochs are the paper's.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels) -> logits (N, classes), weights normal as He et al. 2015 draw them. For 10 classes 175,066
/// parameters.
std::unique_ptr<Module> make_wrn_16_1(const ModelOptions& options);

}  // namespace tern
