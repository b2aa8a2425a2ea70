#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/update_loss_scale/update_loss_scale.hpp"

namespace tern::update_loss_scale_passes {

struct Forward {
    const LossScaleParams& params;
    const Tensor& gradients;       // any shape
    const Tensor& scale;           // a scalar, as all that follow
    const Tensor& good_steps;      // int64
    const Tensor& new_scale;       // may be scale
    const Tensor& new_good_steps;  // may be good_steps
    const Tensor& factor;
    TERN_PASS(Forward, update_loss_scale, forward, (gradients, scale, good_steps),
              (new_scale, new_good_steps, factor))

    double flops() const { return static_cast<double>(gradients.numel()); }
};

}  // namespace tern::update_loss_scale_passes
