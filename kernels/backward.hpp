// The start of a backward pass.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// Adds d(loss)/d(leaf) to leaf.grad() of every leaf that `loss`, a scalar, depends on. What the operations
/// saved is freed: a second call through the same graph throws Error.
void backward(const Tensor& loss);

/// The same for a result of any shape, with d(objective)/d(result) given.
void backward(const Tensor& result, const Tensor& grad);

}  // namespace tern
