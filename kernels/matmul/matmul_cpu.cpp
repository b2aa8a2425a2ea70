#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"

namespace tern::matmul_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    using gemm::Matrix;
    const auto [transpose_a, transpose_b] = pass.params;
    const Matrix a = Matrix::rows_of(pass.a), b = Matrix::rows_of(pass.b);
    gemm::multiply(transpose_a ? a.transposed() : a, transpose_b ? b.transposed() : b, nullptr,
                   pass.c.data<float>());
}

}  // namespace tern::matmul_passes
