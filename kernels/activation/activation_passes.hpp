#pragma once

#include "tern/kernels/activation/activation.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::activation_passes {

struct Forward {  // y = f(x)
    const ActivationParams& params;
    const Tensor& x;
    const Tensor& y;  // as x
    TERN_PASS(Forward, activation, forward, (x), (y))

    double flops() const { return static_cast<double>(x.numel()); }
};

struct Backward {  // dx = f'(x) dy
    const ActivationParams& params;
    const Tensor& x;
    const Tensor& dy;  // as x
    const Tensor& dx;  // as x
    TERN_PASS(Backward, activation, backward, (x, dy), (dx))

    double flops() const { return static_cast<double>(x.numel()); }
};

}  // namespace tern::activation_passes
