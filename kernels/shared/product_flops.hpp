// The arithmetic of what multiplies with weights (O, ...): convolutions and linear layers.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// An output, y or dy, is a sum over the weights of its channel, w or dw; both backward passes form as many
/// products.
inline double product_flops(const Tensor& output, const Tensor& weight) {
    if (weight.numel() == 0) return 0;
    return 2.0 * static_cast<double>(output.numel() * (weight.numel() / weight.dim(0)));
}

}  // namespace tern
