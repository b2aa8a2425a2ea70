// Pass::flops of what multiplies with weights (O, ...): convolutions and linear layers.
#pragma once

#include "tern/kernels/op.hpp"

namespace tern {

/// An output is a sum over the weights of its channel; both backward passes form as many products.
inline double product_flops(const Tensor& output, const Tensor& weight) {
    if (weight.numel() == 0) return 0;
    return 2.0 * static_cast<double>(output.numel() * (weight.numel() / weight.dim(0)));
}

/// x, w -> y
inline double product_forward_flops(const Problem& problem) {
    return product_flops(problem.outputs[0], problem.inputs[1]);
}
/// dy, w -> dx
inline double product_backward_input_flops(const Problem& problem) {
    return product_flops(problem.inputs[0], problem.inputs[1]);
}
/// x, dy -> dw
inline double product_backward_weight_flops(const Problem& problem) {
    return product_flops(problem.inputs[1], problem.outputs[0]);
}

}  // namespace tern
