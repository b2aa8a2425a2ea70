// All passes are matrix products over the rows of x (P, I) and dy (P, O) with w (O, I).
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/linear/linear_passes.hpp"

namespace tern::linear_passes {
namespace {

using gemm::Arithmetic;
constexpr Arithmetic kFma = Arithmetic::fma, kMma = Arithmetic::mma;

void multiply(const Forward& pass, Arithmetic arithmetic, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(multiply)({pass.x}, {pass.w, true}, pass.bias, pass.y, arithmetic, stream);
}

void multiply(const BackwardInput& pass, Arithmetic arithmetic, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(multiply)({pass.dy}, {pass.w}, {}, pass.dx, arithmetic, stream);
}

void multiply(const BackwardWeight& pass, Arithmetic arithmetic, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(multiply)({pass.dy, true}, {pass.x}, {}, pass.dw, arithmetic, stream);
}

template <class Pass>
bool takes(const Pass& pass, Arithmetic arithmetic, std::string* why_not) {
    return gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors_of(pass), arithmetic, why_not);
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) { multiply(pass, kFma, stream); }
void run(Cuda, const BackwardInput& pass, const Stream& stream) { multiply(pass, kFma, stream); }
void run(Cuda, const BackwardWeight& pass, const Stream& stream) { multiply(pass, kFma, stream); }
void run(Cuda, const BackwardBias& pass, const Stream& stream) {
    gemm::TERN_CUDA_FUNCTION(sum_columns)(pass.dy, pass.dbias, stream);
}
bool accepts(Cuda, const Forward& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardInput& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardWeight& pass, std::string* why_not) { return takes(pass, kFma, why_not); }
bool accepts(Cuda, const BackwardBias& pass, std::string* why_not) { return takes(pass, kFma, why_not); }

void run(CudaMma, const Forward& pass, const Stream& stream) { multiply(pass, kMma, stream); }
void run(CudaMma, const BackwardInput& pass, const Stream& stream) { multiply(pass, kMma, stream); }
void run(CudaMma, const BackwardWeight& pass, const Stream& stream) { multiply(pass, kMma, stream); }
bool accepts(CudaMma, const Forward& pass, std::string* why_not) { return takes(pass, kMma, why_not); }
bool accepts(CudaMma, const BackwardInput& pass, std::string* why_not) { return takes(pass, kMma, why_not); }
bool accepts(CudaMma, const BackwardWeight& pass, std::string* why_not) { return takes(pass, kMma, why_not); }

}  // namespace tern::linear_passes
