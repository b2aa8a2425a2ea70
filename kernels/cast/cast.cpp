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
    cast_into(input, output);
    record_cast(input, output);
    return output;
}

void cast_into(const Tensor& input, const Tensor& output) {
    TERN_CHECK(output.shape() == input.shape() && output.device() == input.device(), "cast", "an output ",
               output, " for the input ", input);
    run_pass(Forward{.x = input, .y = output});
}

void record_cast(const Tensor& input, const Tensor& output) {
    if (is_floating(input.dtype()) && is_floating(output.dtype()))
        record_grad(Forward{.x = input, .y = output});
}

}  // namespace tern
