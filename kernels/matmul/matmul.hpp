// The product of two matrices or stacks of them, either of them transposed.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct MatmulParams {
    bool transpose_a = false, transpose_b = false;
};

/// (..., M, N); throws Error for arguments that do not fit.
Shape matmul_output_shape(const Shape& a, const Shape& b, const MatmulParams& params);

/// c[m,n] = sum over k of op(a)[m,k] * op(b)[k,n], op a transposition where asked for. a: (M, K), or (K, M)
/// if transposed; b: (K, N), or (N, K); c: (M, N). Leading dimensions broadcast as NumPy's and PyTorch's do:
/// (8, 1, M, K) by (5, K, N) is (8, 5, M, N). Differentiable in both. Throws Error for vectors, types and devices
/// that differ, and extents that do not fit.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace tern
