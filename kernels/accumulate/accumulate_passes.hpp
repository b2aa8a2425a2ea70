#pragma once

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::accumulate_passes {

struct Forward {  // result = sum + term, all of one shape
    const Tensor& sum;
    const Tensor& term;    // of any floating-point type
    const Tensor& result;  // of sum's; may be the same tensor
    TERN_PASS(Forward, accumulate, forward, (sum, term), (result))

    double flops() const { return static_cast<double>(result.numel()); }
};

}  // namespace tern::accumulate_passes
