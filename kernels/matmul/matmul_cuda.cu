// The innermost loop over batches is one launch, whose groups are the products.
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/matmul/matmul_batches.hpp"

namespace tern::matmul_passes {

using gemm::Arithmetic;

namespace {

constexpr std::int64_t kMostGroups = 65535;  // of a launch

// The matrix `offset` elements behind the first.
Tensor matrix_at(const Tensor& tensor, std::int64_t offset) {
    return Tensor::view_of(tensor.storage(), tensor.storage_offset() + offset * size_of(tensor.dtype()),
                           {tensor.dim(-2), tensor.dim(-1)}, tensor.dtype());
}

void multiply(const Forward& pass, Arithmetic arithmetic, const Stream& stream) {
    if (pass.c.numel() == 0) return;
    const LoopNest<3> batches = batches_of(pass);
    const auto [extent, steps] = batches.innermost();
    for (std::int64_t i = 0; i < batches.numel();) {
        const std::int64_t count = std::min(kMostGroups, extent - i % extent);
        const auto [a, b, c] = batches.offsets_of(i);
        const gemm::CudaGroups groups{static_cast<int>(count), static_cast<int>(steps[0]),
                                      static_cast<int>(steps[1]), static_cast<int>(steps[2])};
        gemm::TERN_CUDA_FUNCTION(multiply)({matrix_at(pass.a, a), pass.params.transpose_a},
                                           {matrix_at(pass.b, b), pass.params.transpose_b}, {},
                                           matrix_at(pass.c, c), arithmetic, stream, groups);
        i += count;
    }
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
