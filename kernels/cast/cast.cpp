#include "tern/kernels/cast/cast.hpp"

#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace cast_passes;

const Op& cast_op() {
    static const Op op{"cast", {pass_of<Forward, Partial<Cuda>, Partial<Cpu>, Ref>()}};
    return op;
}

Tensor cast(const Tensor& input, DType dtype) {
    check_defined("cast", {{"the input", input}});
    if (input.dtype() == dtype) return input;
    const Tensor output = Tensor::empty(input.shape(), dtype, input.device());
    const Forward pass{.x = input, .y = output};
    run_pass(pass);
    if (is_floating(input.dtype()) && is_floating(dtype)) record_grad(pass);
    return output;
}

}  // namespace tern
