#pragma once

#include "tern/kernels/adam_step/adam_step.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::adam_step_passes {

struct Step {  // adam_step.hpp has the formula; outputs may be the tensors of the inputs
    const AdamParams& params;
    const Tensor& w;                            // any shape
    const Tensor& m;                            // as w
    const Tensor& v;                            // as w
    const Tensor& step;                         // int64 scalar
    const Tensor& g;                            // as w
    const Tensor& learning_rate;                // float64 scalar
    const Tensor& gradient_factor = kNoTensor;  // float32 scalar, optional
    const Tensor& decay_mask = kNoTensor;       // as w, optional
    const Tensor& new_w;
    const Tensor& new_m;
    const Tensor& new_v;
    const Tensor& new_step;
    TERN_PASS(Step, adam_step, step, (w, m, v, step, g, learning_rate, gradient_factor, decay_mask),
              (new_w, new_m, new_v, new_step))

    double flops() const { return 16.0 * static_cast<double>(w.numel()); }
};

}  // namespace tern::adam_step_passes
