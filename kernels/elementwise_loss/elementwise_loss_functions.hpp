// The losses as functions of two numbers, for every implementation but ref.
#pragma once

#include <cmath>

#include "tern/core/macros.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"

namespace tern {

TERN_HOST_DEVICE inline float loss_value(LossKind kind, float beta, float x, float target) {
    const float distance = x - target, size = std::fabs(distance);
    switch (kind) {
        case LossKind::mse:
            return distance * distance;
        case LossKind::l1:
            return size;
        case LossKind::smooth_l1:
            return size < beta ? 0.5f * distance * (distance / beta) : size - 0.5f * beta;
        case LossKind::binary_cross_entropy:
            return (x < 0 ? 0 : x) - x * target + std::log1p(std::exp(-std::fabs(x)));
    }
    return 0;
}

TERN_HOST_DEVICE inline float loss_derivative(LossKind kind, float beta, float x, float target) {
    const float distance = x - target;
    const float sign = distance > 0 ? 1.0f : distance < 0 ? -1.0f : distance;  // a NaN and 0 stay
    switch (kind) {
        case LossKind::mse:
            return 2 * distance;
        case LossKind::l1:
            return sign;
        case LossKind::smooth_l1:
            return std::fabs(distance) < beta ? distance / beta : sign;
        case LossKind::binary_cross_entropy: {  // sigmoid(x) - target, which would cancel near 1
            const float e = std::exp(-std::fabs(x)), tail = e / (1 + e);
            return x < 0 ? tail - target : (1 - target) - tail;
        }
    }
    return 0;
}

}  // namespace tern
