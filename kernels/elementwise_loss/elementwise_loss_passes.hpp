#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss.hpp"

namespace tern::elementwise_loss_passes {

struct Forward {  // loss = f(x, target)
    const ElementwiseLossParams& params;
    const Tensor& x;       // any shape
    const Tensor& target;  // as x
    const Tensor& loss;    // as x, of the type computed in
    TERN_PASS(Forward, elementwise_loss, forward, (x, target), (loss))

    double flops() const { return 3.0 * static_cast<double>(x.numel()); }
};

struct Backward {  // dx = dloss df/dx
    const ElementwiseLossParams& params;
    const Tensor& x;       // any shape
    const Tensor& target;  // as x
    const Tensor& dloss;   // as x, of the type computed in
    const Tensor& dx;      // as x
    TERN_PASS(Backward, elementwise_loss, backward, (x, target, dloss), (dx))

    double flops() const { return 3.0 * static_cast<double>(x.numel()); }
};

}  // namespace tern::elementwise_loss_passes
