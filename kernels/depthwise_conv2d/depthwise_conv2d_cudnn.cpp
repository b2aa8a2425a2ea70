// A depthwise convolution is a grouped one with a group per channel; its filter (C, 1, KH, KW) is in memory
// what cuDNN's NHWC filter (C, KH, KW, 1) is.
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include "tern/kernels/cudnn/convolution.hpp"
#include "tern/kernels/op.hpp"

namespace tern::depthwise_conv2d_passes {
namespace {

using cudnn::ConvolutionPass;

cudnn::Convolution convolution(ConvolutionPass pass, const Problem& problem, const Tensor& image,
                               const Tensor& windows) {
    return {pass,           image.dtype(),  image.device(), image.dim(0),
            image.dim(1),   image.dim(2),   image.dim(3),   windows.dim(1),
            windows.dim(2), windows.dim(3), image.dim(3),   problem.params<DepthwiseConv2dParams>().window};
}

cudnn::Convolution convolution(const Problem& problem) {
    const std::string_view pass = problem.pass.name;
    const Tensor &first = problem.inputs[0], &second = problem.inputs[1], &result = problem.outputs[0];
    if (pass == "forward") return convolution(ConvolutionPass::forward, problem, first, result);
    if (pass == "backward_input") return convolution(ConvolutionPass::backward_input, problem, result, first);
    return convolution(ConvolutionPass::backward_weight, problem, first, second);
}

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    cudnn::run_convolution(convolution(problem), problem.inputs[0], problem.inputs[1], {}, problem.outputs[0],
                           stream);
}

}  // namespace tern::depthwise_conv2d_passes
