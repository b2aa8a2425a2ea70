#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/gemm/gemm_cuda.cuh"

namespace tern::matmul_passes {

using gemm::Arithmetic, gemm::CudaMatrix;

namespace {

void forward(const Problem& problem, Arithmetic arithmetic, const Stream& stream) {
    const auto [transpose_a, transpose_b] = problem.params<MatmulParams>();
    gemm::TERN_CUDA_PASS(multiply)(CudaMatrix{problem.inputs[0], transpose_a},
                                   CudaMatrix{problem.inputs[1], transpose_b}, {}, problem.outputs[0],
                                   arithmetic, stream);
}

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward(problem, Arithmetic::fma, stream);
}
bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return gemm::TERN_CUDA_PASS(accepts_product)(problem, Arithmetic::fma, why_not);
}

void TERN_CUDA_MMA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward(problem, Arithmetic::mma, stream);
}
bool TERN_CUDA_MMA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return gemm::TERN_CUDA_PASS(accepts_product)(problem, Arithmetic::mma, why_not);
}

}  // namespace tern::matmul_passes
