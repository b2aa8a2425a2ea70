#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/permute/permute.hpp"

namespace tern::permute_passes {

struct Forward {
    const PermuteParams& params;
    const Tensor& x;
    const Tensor& y;  // x with its dimensions in the order
    TERN_PASS(Forward, permute, forward, (x), (y))
};

}  // namespace tern::permute_passes
