#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/rmsprop_step/rmsprop_step.hpp"

namespace tern::rmsprop_step_passes {

struct Step {  // rmsprop_step.hpp has the formula; outputs may be the tensors of the inputs
    const RmspropParams& params;
    const Tensor& w;                            // any shape
    const Tensor& square;                       // as w
    const Tensor& buffer = kNoTensor;           // as w, with a momentum
    const Tensor& g;                            // as w
    const Tensor& learning_rate;                // float64 scalar
    const Tensor& gradient_factor = kNoTensor;  // float32 scalar, optional
    const Tensor& decay_mask = kNoTensor;       // as w, optional
    const Tensor& new_w;
    const Tensor& new_square;
    const Tensor& new_buffer = kNoTensor;
    TERN_PASS(Step, rmsprop_step, step, (w, square, buffer, g, learning_rate, gradient_factor, decay_mask),
              (new_w, new_square, new_buffer))

    double flops() const { return 12.0 * static_cast<double>(w.numel()); }
};

}  // namespace tern::rmsprop_step_passes
