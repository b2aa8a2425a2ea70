#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/matmul/matmul_batches.hpp"

namespace tern::matmul_passes {

void run(Cpu, const Forward& pass, const Stream&) {
    using gemm::Matrix;
    const auto matrix = [](const Tensor& tensor, std::int64_t offset, bool transposed) {
        const Matrix stored{tensor.data<float>() + offset, tensor.dim(-2), tensor.dim(-1), tensor.dim(-1), 1};
        return transposed ? stored.transposed() : stored;
    };
    const LoopNest<3> batches = batches_of(pass);
    for (std::int64_t i = 0; i < batches.numel(); ++i) {  // each is split over the threads
        const auto [a, b, c] = batches.offsets_of(i);
        gemm::multiply(matrix(pass.a, a, pass.params.transpose_a), matrix(pass.b, b, pass.params.transpose_b),
                       nullptr, pass.c.data<float>() + c);
    }
}

}  // namespace tern::matmul_passes
