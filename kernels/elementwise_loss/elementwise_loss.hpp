// Losses that compare a prediction with its target number by number.
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/loss_reduction.hpp"

namespace tern {

enum class LossKind : std::uint8_t { mse, l1, smooth_l1, binary_cross_entropy };

struct ElementwiseLossParams {
    LossKind kind = LossKind::mse;
    double beta = 1;  // of smooth_l1
};

/// Of d = input - target:
///   mse_loss          d^2
///   l1_loss           |d|
///   smooth_l1_loss    d^2 / (2 beta) where |d| < beta, else |d| - beta / 2; beta at least 0 (Girshick 2015)
/// and of logits and the probabilities wanted of them
///   binary_cross_entropy_with_logits    -t log(s) - (1 - t) log(1 - s), s the sigmoid of the logit,
/// computed as max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor cancels.
///
/// input and target: of one shape and floating-point type. The losses are float32 for 16-bit inputs, else of
/// their type. Differentiable in both; at a kink the derivative is 0. Throws Error for arguments
/// that do not fit, and for a mean of nothing.
Tensor mse_loss(const Tensor& input, const Tensor& target, LossReduction reduction = LossReduction::mean);
Tensor l1_loss(const Tensor& input, const Tensor& target, LossReduction reduction = LossReduction::mean);
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, double beta = 1,
                      LossReduction reduction = LossReduction::mean);
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                        LossReduction reduction = LossReduction::mean);

}  // namespace tern
