#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d.hpp"

#include "tern/core/error.hpp"
#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d_passes.hpp"
#include "tern/kernels/shared/quantized_checks.hpp"

namespace tern {
using namespace quantized_separable_conv2d_passes;

const Op& quantized_separable_conv2d_op() {
    static const Op op{"quantized_separable_conv2d", {pass_of<Forward, Total<Cpu>, Ref>()}};
    return op;
}

Tensor quantized_separable_conv2d(const Tensor& input, const QuantizedWeights& depthwise,
                                  const QuantizedWeights& pointwise,
                                  const QuantizedSeparableConv2dParams& params, const Tensor& residual) {
    const char* const where = "quantized_separable_conv2d";
    check_quantized(where, "the input", input, DType::uint8);
    TERN_CHECK(input.rank() == 4, where, "the input must be (N, H, W, C), got ", input.shape());
    const std::int64_t channels = input.dim(3);
    check_quantized(where, "depthwise", depthwise.weight, DType::int8,
                    Shape{channels, 1, params.window.kernel_h, params.window.kernel_w});
    check_quantized(where, "pointwise", pointwise.weight, DType::int8);
    TERN_CHECK(pointwise.weight.rank() == 2 && pointwise.weight.dim(1) == channels, where,
               "pointwise must be (O, ", channels, "), got ", pointwise.weight.shape());
    const std::int64_t outputs = pointwise.weight.dim(0);
    const Shape shape = window_output_shape(where, input.shape(), params.window, outputs);
    check_quantized(where, "depthwise bias", depthwise.bias, DType::int32, Shape{channels});
    check_quantized(where, "depthwise multiplier", depthwise.multiplier, DType::float32, Shape{channels});
    check_quantized(where, "bias", pointwise.bias, DType::int32, Shape{outputs});
    check_quantized(where, "multiplier", pointwise.multiplier, DType::float32, Shape{outputs});
    check_requantize(where, params.result, residual, shape);
    check_zero(where, "input_zero", params.input_zero);
    check_zero(where, "middle_zero", params.middle_zero);
    const Tensor result = Tensor::empty(shape, DType::uint8);
    run_pass(Forward{.params = params,
                     .x = input,
                     .depthwise = depthwise.weight,
                     .depthwise_bias = depthwise.bias,
                     .depthwise_multiplier = depthwise.multiplier,
                     .pointwise = pointwise.weight,
                     .bias = pointwise.bias,
                     .multiplier = pointwise.multiplier,
                     .residual = residual,
                     .y = result});
    return result;
}

}  // namespace tern
