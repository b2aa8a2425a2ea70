#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/matmul/matmul.hpp"

namespace tern::matmul_passes {

struct Forward {  // c = a b, either transposed first where the parameters say so
    const MatmulParams& params;
    const Tensor& a;  // (..., M, K), or (..., K, M) if transposed; leading dimensions that broadcast, as b's
    const Tensor& b;  // (..., K, N), or (..., N, K) if transposed
    const Tensor& c;  // (..., M, N)
    TERN_PASS(Forward, matmul, forward, (a, b), (c))

    double flops() const {
        return 2.0 * static_cast<double>(c.numel() * a.dim(params.transpose_a ? -2 : -1));
    }
};

/// All extents but those of the matrices.
inline Shape leading_shape(const Shape& shape) { return Shape(shape.extents().first(shape.rank() - 2)); }

}  // namespace tern::matmul_passes
