#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/reduce/reduce.hpp"

namespace tern::reduce_passes {

struct Forward {
    const ReduceParams& params;
    const Tensor& x;  // any shape
    const Tensor& y;  // without the reduced dimensions, or with extents of 1
    TERN_PASS(Forward, reduce, forward, (x), (y))

    double flops() const { return static_cast<double>(x.numel()); }
};

struct Backward {
    const ReduceParams& params;
    const Tensor& x = kNoTensor;  // left out, as y, for sum and mean, which need only shapes
    const Tensor& y = kNoTensor;
    const Tensor& dy;  // as y
    const Tensor& dx;  // as x
    TERN_PASS(Backward, reduce, backward, (x, y, dy), (dx))

    double flops() const { return static_cast<double>(dx.numel()); }
};

}  // namespace tern::reduce_passes
