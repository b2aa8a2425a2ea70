#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"

namespace tern::elementwise_binary_passes {

struct Forward {
    const ElementwiseBinaryParams& params;
    const Tensor& a;  // of shapes that broadcast, as b
    const Tensor& b;
    const Tensor& y;  // of the shape that both broadcast to
    TERN_PASS(Forward, elementwise_binary, forward, (a, b), (y))

    double flops() const { return static_cast<double>(y.numel()); }
};

// The gradients are of the broadcast shape; sum_to() brings them to the shape of a or b. add, sub
// and mul need neither pass, div not the first: their gradients are +-dy and forward passes.
struct BackwardA {
    const ElementwiseBinaryParams& params;
    const Tensor& a;
    const Tensor& b;
    const Tensor& dy;  // as y
    const Tensor& da;  // as y
    TERN_PASS(BackwardA, elementwise_binary, backward_a, (a, b, dy), (da))

    double flops() const { return static_cast<double>(da.numel()); }
};

struct BackwardB {
    const ElementwiseBinaryParams& params;
    const Tensor& a;
    const Tensor& b;
    const Tensor& dy;  // as y
    const Tensor& db;  // as y
    TERN_PASS(BackwardB, elementwise_binary, backward_b, (a, b, dy), (db))

    double flops() const { return static_cast<double>(db.numel()); }
};

}  // namespace tern::elementwise_binary_passes
