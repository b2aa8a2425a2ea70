#pragma once

#include "tern/kernels/concat/concat.hpp"
#include "tern/kernels/dispatch/pass.hpp"

namespace tern::concat_passes {

struct Forward {
    const ConcatParams& params;
    std::span<const Tensor> x;  // pieces that differ in the extent of the axis alone
    const Tensor& y;            // the whole
    TERN_PASS(Forward, concat, forward, (x), (y))
};

struct Backward {
    const ConcatParams& params;
    const Tensor& dy;            // the whole
    std::span<const Tensor> dx;  // the pieces; undefined where nobody asks for them
    TERN_PASS(Backward, concat, backward, (dy), (dx))
};

}  // namespace tern::concat_passes
