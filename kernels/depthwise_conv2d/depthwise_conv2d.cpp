#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/product_flops.hpp"

namespace tern {
namespace depthwise_conv2d_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_input_ref(const Problem& problem, const Stream& stream);
void backward_weight_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_input_cpu(const Problem& problem, const Stream& stream);
void backward_weight_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_input_cuda(const Problem& problem, const Stream& stream);
void backward_weight_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& weight, const Tensor& output,
                 const DepthwiseConv2dParams& params);

}  // namespace depthwise_conv2d_passes

using namespace depthwise_conv2d_passes;

const Op& depthwise_conv2d_op() {
    using enum Backend;
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{{cuda, ours, TERN_IF_CUDA(accepts_cuda)},
                                           {cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
                                           {cpu, cpu_version, accepts_float32},
                                           {ref, reference}};
    };
    static const Op op{
        "depthwise_conv2d",
        {{"depthwise_conv2d",
          "forward",
          {"x", "w"},
          {"y"},
          implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref),
          product_forward_flops},
         {"depthwise_conv2d",
          "backward_input",
          {"dy", "w"},
          {"dx"},
          implementations(TERN_IF_CUDA(backward_input_cuda), backward_input_cpu, backward_input_ref),
          product_backward_input_flops},
         {"depthwise_conv2d",
          "backward_weight",
          {"x", "dy"},
          {"dw"},
          implementations(TERN_IF_CUDA(backward_weight_cuda), backward_weight_cpu, backward_weight_ref),
          product_backward_weight_flops}}};
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

Tensor depthwise_conv2d(const Tensor& input, const Tensor& weight, const Window2d& window) {
    const Shape shape = depthwise_conv2d_output_shape(input.shape(), weight.shape(), window);
    TERN_CHECK(input.dtype() == weight.dtype() && is_floating(input.dtype()), "depthwise_conv2d",
               "input and weight must be of one floating-point type, got ", input.dtype(), " and ",
               weight.dtype());
    TERN_CHECK(input.device() == weight.device(), "depthwise_conv2d", "input on ", input.device(),
               ", weight on ", weight.device());
    const DepthwiseConv2dParams params{window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    static const Pass& forward = depthwise_conv2d_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input, weight}, {output});
    record_grad(input, weight, output, params);
    return output;
}

}  // namespace tern
