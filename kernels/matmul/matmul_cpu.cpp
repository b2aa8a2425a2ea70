#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/op.hpp"

namespace tern::matmul_passes {

void forward_cpu(const Problem& problem, const Stream&) {
    using gemm::Matrix;
    const auto [transpose_a, transpose_b] = problem.params<MatmulParams>();
    const Matrix a = Matrix::rows_of(problem.inputs[0]), b = Matrix::rows_of(problem.inputs[1]);
    gemm::multiply(transpose_a ? a.transposed() : a, transpose_b ? b.transposed() : b, nullptr,
                   problem.outputs[0].data<float>());
}

}  // namespace tern::matmul_passes
