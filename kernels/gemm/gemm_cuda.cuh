// Products of matrices on CUDA, for the operations that are no more than that. gemm_cuda.cu has the kernels,
// once for all of them.
#pragma once

#include "tern/kernels/gemm/product_cuda.cuh"

namespace tern::gemm {

/// A tensor as a matrix: all leading dimensions as rows, the last one as columns; read as it is, or
/// transposed.
struct CudaMatrix {
    const Tensor& tensor;
    bool transposed = false;

    int stored_columns() const { return static_cast<int>(tensor.dim(-1)); }
    int stored_rows() const {
        std::int64_t rows = 1;
        for (int i = 0; i + 1 < tensor.shape().rank(); ++i) rows *= tensor.dim(i);
        return static_cast<int>(rows);
    }
    int rows() const { return transposed ? stored_columns() : stored_rows(); }
    int columns() const { return transposed ? stored_rows() : stored_columns(); }
};

/// Products of one shape in one launch: how many, and how many elements the matrices of each lie behind those of
/// the one before, 0 or whole matrices.
struct CudaGroups {
    int count = 1, step_a = 0, step_b = 0, step_c = 0;
};

/// c (rows of a, columns of b) = a b + bias. bias: (columns of b), or undefined. All of one type, but where a is transposed
/// and b is not, c may be float32. With groups a, b and c are the first matrices; at most 65535 groups.
void TERN_CUDA_FUNCTION(multiply)(const CudaMatrix& a, const CudaMatrix& b, const Tensor& bias,
                                  const Tensor& c, Arithmetic arithmetic, const Stream& stream,
                                  const CudaGroups& groups = {});

/// sums[j] = the sum of column j of `matrix`, whose last dimension are the columns; of its type, or float32.
void TERN_CUDA_FUNCTION(sum_columns)(const Tensor& matrix, const Tensor& sums, const Stream& stream);

/// What these take: float32 and 16-bit types (16-bit types alone on tensor cores), tensors of less than 2^31
/// elements by the edge of a tile.
bool TERN_CUDA_FUNCTION(accepts_product)(TensorRefs tensors, Arithmetic arithmetic, std::string* why_not);

}  // namespace tern::gemm
