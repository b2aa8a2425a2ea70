#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace depthwise_conv2d_passes;

const Op& depthwise_conv2d_op() {
    static const Op op{"depthwise_conv2d",
                       {pass_of<Forward, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<BackwardInput, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<BackwardWeight, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>()}};
    return op;
}

Shape depthwise_conv2d_output_shape(const Shape& input, const Shape& weight, const Window2d& window) {
    const char* const where = "depthwise_conv2d";
    TERN_CHECK(input.rank() == 4, where, "the input must be (N, H, W, C), got ", input);
    TERN_CHECK((weight == Shape{input[3], 1, window.kernel_h, window.kernel_w}), where, "weight is ", weight,
               ", expected (C, 1, KH, KW) = ", Shape{input[3], 1, window.kernel_h, window.kernel_w},
               " (input ", input, ")");
    return window_output_shape(where, input, window, input[3]);
}

Tensor depthwise_conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                        const Window2d& window) {
    check_defined("depthwise_conv2d", {{"the input", input}, {"weight", weight}});
    const Shape shape = depthwise_conv2d_output_shape(input.shape(), weight.shape(), window);
    check_bias("depthwise_conv2d", bias, "C", weight.dim(0));
    check_one_type("depthwise_conv2d", "input, weight and bias", {input, weight, bias});
    const DepthwiseConv2dParams params{window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .w = weight, .bias = bias, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
