#pragma once

#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::compare_passes {

struct Forward {
    const CompareParams& params;
    const Tensor& a;  // of shapes that broadcast, as b
    const Tensor& b;
    const Tensor& y;  // uint8, of the shape that both broadcast to
    TERN_PASS(Forward, compare, forward, (a, b), (y))
};

}  // namespace tern::compare_passes
