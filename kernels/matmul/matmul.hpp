// The product of two matrices, either of them transposed.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct MatmulParams {
    bool transpose_a = false, transpose_b = false;
};

/// (M, N); throws Error for arguments that do not fit.
Shape matmul_output_shape(const Shape& a, const Shape& b, const MatmulParams& params);

/// c[m,n] = sum over k of op(a)[m,k] * op(b)[k,n], op a transposition where asked for. a: (M, K), or (K, M)
/// if transposed; b: (K, N), or (N, K); c: (M, N). Differentiable in both.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace tern
