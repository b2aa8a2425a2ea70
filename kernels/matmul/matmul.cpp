#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {

using namespace matmul_passes;

const Op& matmul_op() {
    static const Op op{"matmul",
                       {pass_of<Forward, Partial<Cudnn>, Partial<CudaMma>, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Shape matmul_output_shape(const Shape& a, const Shape& b, const MatmulParams& params) {
    TERN_CHECK(a.rank() == 2 && b.rank() == 2, "matmul", "both must be matrices, got ", a, " and ", b);
    const int inner_a = params.transpose_a ? 0 : 1, inner_b = params.transpose_b ? 1 : 0;
    TERN_CHECK(a[inner_a] == b[inner_b], "matmul", "inner extents differ: ", a[inner_a], " and ", b[inner_b],
               " (a ", a, params.transpose_a ? " transposed" : "", ", b ", b,
               params.transpose_b ? " transposed" : "", ")");
    return {a[1 - inner_a], b[1 - inner_b]};
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
    const MatmulParams params{transpose_a, transpose_b};
    const Shape shape = matmul_output_shape(a.shape(), b.shape(), params);
    check_one_type("matmul", "both", {a, b});
    const Tensor c = Tensor::empty(shape, a.dtype(), a.device());
    const Forward pass{.params = params, .a = a, .b = b, .c = c};
    run_pass(pass);
    record_grad(pass);
    return c;
}

}  // namespace tern
