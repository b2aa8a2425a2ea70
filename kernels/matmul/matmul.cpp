#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace matmul_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void forward_cuda_mma(const Problem& problem, const Stream& stream);
bool accepts_cuda_mma(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& a, const Tensor& b, const Tensor& c, const MatmulParams& params);

}  // namespace matmul_passes

using namespace matmul_passes;

namespace {

double forward_flops(const Problem& problem) {
    const Tensor &a = problem.inputs[0], &c = problem.outputs[0];
    const std::int64_t terms = a.dim(problem.params<MatmulParams>().transpose_a ? 0 : 1);
    return 2.0 * static_cast<double>(c.numel() * terms);
}

}  // namespace

const Op& matmul_op() {
    static const Op op{"matmul",
                       {{"matmul",
                         "forward",
                         {"a", "b"},
                         {"c"},
                         {{Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
                          {Backend::cuda_mma, TERN_IF_CUDA(forward_cuda_mma), TERN_IF_CUDA(accepts_cuda_mma)},
                          {Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         forward_flops}}};
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
    TERN_CHECK(a.dtype() == b.dtype() && is_floating(a.dtype()), "matmul",
               "both must be of one floating-point type, got ", a.dtype(), " and ", b.dtype());
    TERN_CHECK(a.device() == b.device(), "matmul", "a on ", a.device(), ", b on ", b.device());
    const Tensor c = Tensor::empty(shape, a.dtype(), a.device());
    static const Pass& forward = matmul_op().pass("forward");
    run_pass(forward, ParamsRef(params), {a, b}, {c});
    record_grad(a, b, c, params);
    return c;
}

}  // namespace tern
