// The factor by which a loss is scaled so that gradients in 16 bits do not vanish (Micikevicius et al.,
// "Mixed precision training", ICLR 2018, section 3.2).
#pragma once

#include <cstdint>

#include "tern/core/tensor.hpp"

namespace tern {

struct LossScaleParams {
    std::int64_t growth_interval = 2000;  // steps without an overflow after which the scale is doubled
};

/// After a backward pass from a loss times `scale`, in place:
///   gradients finite:  factor = 1 / scale; good_steps + 1, and when that reaches the interval good_steps = 0
///                      and scale = 2 scale, at most 2^24
///   else:              factor = 0; good_steps = 0 and scale = scale / 2, at least 1
/// An optimizer that is given `factor` takes the step with gradients times factor, and none where it is 0.
/// gradients: any shape, float32 or float64; scale, factor: float32 scalars; good_steps: int64 scalar. All on
/// one device: nothing is read back. Throws Error for arguments that do not fit.
void update_loss_scale(const Tensor& scale, const Tensor& good_steps, const Tensor& factor,
                       const Tensor& gradients, const LossScaleParams& params = {});

inline constexpr float kSmallestLossScale = 1.0f;
inline constexpr float kLargestLossScale = 0x1p24f;

}  // namespace tern
