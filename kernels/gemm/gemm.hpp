// Matrix products in float32 over all threads; equal bits for any number of them.
#pragma once

#include "tern/core/tensor.hpp"
#include "tern/kernels/gemm/tile.hpp"

namespace tern::gemm {

/// A matrix somewhere in memory: element (i, j) is data[i * row_stride + j * column_stride].
struct Matrix {
    const float* data;
    std::int64_t rows, columns, row_stride, column_stride;

    /// All leading dimensions as rows, the last one as columns.
    static Matrix rows_of(const Tensor& tensor);
    Matrix transposed() const { return {data, columns, rows, column_stride, row_stride}; }
};

/// c (a.rows, b.columns), row-major = a b + bias. bias: (b.columns), or null.
void multiply(const Matrix& a, const Matrix& b, const float* bias, float* c,
              Products products = Products::float32);

/// The same with b = weights^T, of which a scope of KeptWeights keeps the panels. weights: (b.columns, a.columns).
void multiply_by_weights(const Matrix& a, const Tensor& weights, const float* bias, float* c,
                         Products products);

/// sums[j] = the sum of column j of a row-major matrix.
void sum_columns(const float* matrix, std::int64_t rows, std::int64_t columns, float* sums);

/// sums[i] = the sum over the rows of `partial` (parts, size), in their order. sums may be the first row.
void sum_parts(const float* partial, std::int64_t parts, std::int64_t size, float* sums);

/// The same for a few sums, rounded once.
void sum_parts(const double* partial, std::int64_t parts, std::int64_t size, float* sums);

}  // namespace tern::gemm
