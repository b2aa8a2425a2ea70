#include "tern/kernels/avg_pool2d/avg_pool2d.hpp"

#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace avg_pool2d_passes;

const Op& avg_pool2d_op() {
    static const Op op{"avg_pool2d",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

Tensor avg_pool2d(const Tensor& input, const Window2d& window, bool count_padding) {
    check_defined("avg_pool2d", {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), "avg_pool2d", "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(input.rank() == 4, "avg_pool2d", "the input must be (N, H, W, C), got ", input.shape());
    const Shape shape = window_output_shape("avg_pool2d", input.shape(), window, input.dim(3));
    const AvgPool2dParams params{window, count_padding};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
