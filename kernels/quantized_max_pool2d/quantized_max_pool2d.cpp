#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d.hpp"

#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"
#include "tern/kernels/shared/quantized_checks.hpp"

namespace tern {
using namespace quantized_max_pool2d_passes;

const Op& quantized_max_pool2d_op() {
    static const Op op{"quantized_max_pool2d", {pass_of<Forward, Total<Cpu>, Ref>()}};
    return op;
}

Tensor quantized_max_pool2d(const Tensor& input, const Window2d& window) {
    const char* const where = "quantized_max_pool2d";
    check_quantized(where, "the input", input, DType::uint8);
    const std::int64_t channels = input.rank() == 4 ? input.dim(3) : 0;
    const Tensor output =
        Tensor::empty(window_output_shape(where, input.shape(), window, channels), DType::uint8);
    const QuantizedMaxPool2dParams params{window};
    run_pass(Forward{.params = params, .x = input, .y = output});
    return output;
}

}  // namespace tern
