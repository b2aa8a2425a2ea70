#include "tern/kernels/quantized_conv2d/quantized_conv2d.hpp"

#include "tern/core/error.hpp"
#include "tern/kernels/quantized_conv2d/quantized_conv2d_passes.hpp"
#include "tern/kernels/shared/quantized_checks.hpp"

namespace tern {
using namespace quantized_conv2d_passes;

const Op& quantized_conv2d_op() {
    static const Op op{"quantized_conv2d", {pass_of<Forward, Total<Cpu>, Ref>()}};
    return op;
}

Tensor quantized_conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        const Tensor& multiplier, const QuantizedConv2dParams& params, const Tensor& residual,
                        DType output) {
    const char* const where = "quantized_conv2d";
    check_quantized(where, "the input", input, DType::uint8);
    check_quantized(where, "weight", weight, DType::int8);
    TERN_CHECK(input.rank() == 4, where, "the input must be (N, H, W, I), got ", input.shape());
    TERN_CHECK(weight.rank() == 4 && weight.dim(1) == input.dim(3) &&
                   weight.dim(2) == params.window.kernel_h && weight.dim(3) == params.window.kernel_w,
               where, "weight must be (O, ", input.dim(3), ", ", params.window.kernel_h, ", ",
               params.window.kernel_w, "), got ", weight.shape());
    const Shape shape = window_output_shape(where, input.shape(), params.window, weight.dim(0));
    check_quantized(where, "bias", bias, DType::int32, Shape{shape[3]});
    check_quantized(where, "multiplier", multiplier, DType::float32, Shape{shape[3]});
    check_requantize(where, params.result, residual, shape);
    check_zero(where, "input_zero", params.input_zero);
    TERN_CHECK(output == DType::uint8 || output == DType::float32, where,
               "the output must be uint8 or float32, got ", output);
    const Tensor result = Tensor::empty(shape, output);
    run_pass(Forward{.params = params,
                     .x = input,
                     .w = weight,
                     .bias = bias,
                     .multiplier = multiplier,
                     .residual = residual,
                     .y = result});
    return result;
}

}  // namespace tern
