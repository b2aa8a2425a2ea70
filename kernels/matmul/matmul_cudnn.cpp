#include "tern/kernels/matmul/matmul.hpp"

#include "tern/kernels/cudnn/product.hpp"

namespace tern::matmul_passes {

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    const auto [transpose_a, transpose_b] = problem.params<MatmulParams>();
    return cudnn::accepts_product({problem.inputs[0], transpose_a}, {problem.inputs[1], transpose_b}, {},
                                  problem.outputs[0], why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const auto [transpose_a, transpose_b] = problem.params<MatmulParams>();
    cudnn::run_product({problem.inputs[0], transpose_a}, {problem.inputs[1], transpose_b}, {},
                       problem.outputs[0], stream);
}

}  // namespace tern::matmul_passes
