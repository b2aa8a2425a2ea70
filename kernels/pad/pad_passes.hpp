#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/pad/pad.hpp"

namespace tern::pad_passes {

struct Forward {
    const PadParams& params;
    const Tensor& x;
    const Tensor& y;  // x with its borders
    TERN_PASS(Forward, pad, forward, (x), (y))
};

struct Backward {
    const PadParams& params;
    const Tensor& dy;
    const Tensor& dx;  // dy without its borders
    TERN_PASS(Backward, pad, backward, (dy), (dx))
};

}  // namespace tern::pad_passes
