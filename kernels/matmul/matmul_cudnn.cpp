#include "tern/kernels/cudnn/product.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"

namespace tern::matmul_passes {

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    if (pass.c.rank() != 2) return refuse(why_not, "two matrices only, got ", pass.a, " and ", pass.b);
    const auto [transpose_a, transpose_b] = pass.params;
    return cudnn::accepts_product({pass.a, transpose_a}, {pass.b, transpose_b}, {}, pass.c, why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    const auto [transpose_a, transpose_b] = pass.params;
    cudnn::run_product({pass.a, transpose_a}, {pass.b, transpose_b}, {}, pass.c, stream);
}

}  // namespace tern::matmul_passes
