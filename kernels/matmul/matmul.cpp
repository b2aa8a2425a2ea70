#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/gemm/tensor_cores.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace matmul_passes {

bool preferred_when(CudaMma, const Forward&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}

}  // namespace matmul_passes

using namespace matmul_passes;

const Op& matmul_op() {
    static const Op op{
        "matmul",
        {pass_of<Forward, Partial<Cudnn>, PreferredWhen<Partial<CudaMma>>, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Shape matmul_output_shape(const Shape& a, const Shape& b, const MatmulParams& params) {
    TERN_CHECK(a.rank() >= 2 && b.rank() >= 2, "matmul", "both must be matrices or stacks of them, got ", a,
               " and ", b);
    const int inner_a = params.transpose_a ? -2 : -1, inner_b = params.transpose_b ? -1 : -2;
    TERN_CHECK(a[inner_a] == b[inner_b], "matmul", "inner extents differ: ", a[inner_a], " and ", b[inner_b],
               " (a ", a, params.transpose_a ? " transposed" : "", ", b ", b,
               params.transpose_b ? " transposed" : "", ")");
    const Shape batch = broadcast_shape(leading_shape(a), leading_shape(b));
    std::vector<std::int64_t> extents(batch.begin(), batch.end());
    extents.insert(extents.end(), {a[-3 - inner_a], b[-3 - inner_b]});
    return Shape(extents);
}

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
    check_defined("matmul", {{"a", a}, {"b", b}});
    const MatmulParams params{transpose_a, transpose_b};
    const Shape shape = matmul_output_shape(a.shape(), b.shape(), params);
    check_one_type("matmul", "both", {a, b});
    if (a.rank() > 2 && b.rank() == 2 && !transpose_a && a.dim(-1) > 0) {  // one product of all rows
        const std::int64_t terms = a.dim(-1);
        return matmul(a.reshape(Shape{a.numel() / terms, terms}), b, false, transpose_b).reshape(shape);
    }
    const Tensor c = Tensor::empty(shape, a.dtype(), a.device());
    const Forward pass{.params = params, .a = a, .b = b, .c = c};
    run_pass(pass);
    record_grad(pass);
    return c;
}

}  // namespace tern
