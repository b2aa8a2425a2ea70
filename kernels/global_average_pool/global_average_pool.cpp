#include "tern/kernels/global_average_pool/global_average_pool.hpp"

#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace global_average_pool_passes;

const Op& global_average_pool_op() {
    static const Op op{"global_average_pool",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

Tensor global_average_pool(const Tensor& input) {
    const char* const where = "global_average_pool";
    check_defined(where, {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(input.rank() == 4 && input.dim(1) > 0 && input.dim(2) > 0, where,
               "the input must be (N, H, W, C) with at least one pixel, got ", input.shape());
    const Tensor output = Tensor::empty({input.dim(0), input.dim(3)}, input.dtype(), input.device());
    const Forward pass{.x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
