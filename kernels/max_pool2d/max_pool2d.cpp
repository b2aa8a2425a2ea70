#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace max_pool2d_passes;

const Op& max_pool2d_op() {
    static const Op op{"max_pool2d",
                       {pass_of<Forward, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<Backward, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>()}};
    return op;
}

Tensor max_pool2d(const Tensor& input, const Window2d& window) {
    check_defined("max_pool2d", {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), "max_pool2d", "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(input.rank() == 4, "max_pool2d", "the input must be (N, H, W, C), got ", input.shape());
    const Shape shape = window_output_shape("max_pool2d", input.shape(), window, input.dim(3));
    const MaxPool2dParams params{window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
