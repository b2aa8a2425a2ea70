#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/where/where.hpp"

namespace tern::where_passes {

struct Forward {
    const Tensor& condition;  // uint8, of shapes that broadcast, as a and b
    const Tensor& a;
    const Tensor& b;
    const Tensor& y;  // of the shape that all broadcast to
    TERN_PASS(Forward, where, forward, (condition, a, b), (y))
};

}  // namespace tern::where_passes
