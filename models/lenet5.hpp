// LeNet-5 (LeCun, Bottou, Bengio, Haffner: "Gradient-Based Learning Applied to Document Recognition", 1998) as it is built
// today, with ReLU and max pools and without the table of connections; names of github.com/kuangliu/pytorch-cifar
// and of PyTorch's tutorial. The paper has 20 passes over its data.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/models/registry.hpp"

namespace tern {

/// (N, H, W, channels), H and W of at least 16 -> logits (N, classes), weights initialised as PyTorch does. For
/// 10 classes and images 32x32x3 62,006 parameters. Throws Error for smaller images.
std::unique_ptr<Module> make_lenet5(const ModelOptions& options);

}  // namespace tern
