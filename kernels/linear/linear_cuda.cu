// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I).
#include "tern/kernels/gemm/gemm_cuda.cuh"

namespace tern::linear_passes {

using gemm::Arithmetic, gemm::CudaMatrix;

namespace {

void forward(const Problem& problem, Arithmetic arithmetic, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &w = problem.inputs[1], &bias = problem.inputs[2];
    gemm::TERN_CUDA_PASS(multiply)(CudaMatrix{x}, CudaMatrix{w, true}, bias, problem.outputs[0], arithmetic,
                                   stream);
}

void backward_input(const Problem& problem, Arithmetic arithmetic, const Stream& stream) {
    const Tensor &dy = problem.inputs[0], &w = problem.inputs[1];
    gemm::TERN_CUDA_PASS(multiply)(CudaMatrix{dy}, CudaMatrix{w}, {}, problem.outputs[0], arithmetic, stream);
}

void backward_weight(const Problem& problem, Arithmetic arithmetic, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1];
    gemm::TERN_CUDA_PASS(multiply)(CudaMatrix{dy, true}, CudaMatrix{x}, {}, problem.outputs[0], arithmetic,
                                   stream);
}

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward(problem, Arithmetic::fma, stream);
}
void TERN_CUDA_PASS(backward_input)(const Problem& problem, const Stream& stream) {
    backward_input(problem, Arithmetic::fma, stream);
}
void TERN_CUDA_PASS(backward_weight)(const Problem& problem, const Stream& stream) {
    backward_weight(problem, Arithmetic::fma, stream);
}
void TERN_CUDA_PASS(backward_bias)(const Problem& problem, const Stream& stream) {
    gemm::TERN_CUDA_PASS(sum_columns)(problem.inputs[0], problem.outputs[0], stream);
}
bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return gemm::TERN_CUDA_PASS(accepts_product)(problem, Arithmetic::fma, why_not);
}

void TERN_CUDA_MMA_PASS(forward)(const Problem& problem, const Stream& stream) {
    forward(problem, Arithmetic::mma, stream);
}
void TERN_CUDA_MMA_PASS(backward_input)(const Problem& problem, const Stream& stream) {
    backward_input(problem, Arithmetic::mma, stream);
}
void TERN_CUDA_MMA_PASS(backward_weight)(const Problem& problem, const Stream& stream) {
    backward_weight(problem, Arithmetic::mma, stream);
}
bool TERN_CUDA_MMA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    return gemm::TERN_CUDA_PASS(accepts_product)(problem, Arithmetic::mma, why_not);
}

}  // namespace tern::linear_passes
