#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/matmul/matmul_passes.hpp"

namespace tern::matmul_passes {

using gemm::Arithmetic;

namespace {

void multiply(const Forward& pass, Arithmetic arithmetic, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(multiply)({pass.a, pass.params.transpose_a}, {pass.b, pass.params.transpose_b},
                                       {}, pass.c, arithmetic, stream);
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) { multiply(pass, Arithmetic::fma, stream); }

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors_of(pass), Arithmetic::fma, why_not);
}

void run(CudaMma, const Forward& pass, const Stream& stream) { multiply(pass, Arithmetic::mma, stream); }

bool accepts(CudaMma, const Forward& pass, std::string* why_not) {
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors_of(pass), Arithmetic::mma, why_not);
}

}  // namespace tern::matmul_passes
