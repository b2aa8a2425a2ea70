#pragma once

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::cast_passes {

struct Forward {
    const Tensor& x;
    const Tensor& y;  // as x, of any type
    TERN_PASS(Forward, cast, forward, (x), (y))
};

}  // namespace tern::cast_passes
