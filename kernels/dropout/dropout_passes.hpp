#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/dropout/dropout.hpp"

namespace tern::dropout_passes {

struct Forward {  // also the backward pass, with dy for x
    const DropoutParams& params;
    const Tensor& x;
    const Tensor& y;  // as x
    TERN_PASS(Forward, dropout, forward, (x), (y))

    double flops() const { return static_cast<double>(y.numel()); }
};

}  // namespace tern::dropout_passes
