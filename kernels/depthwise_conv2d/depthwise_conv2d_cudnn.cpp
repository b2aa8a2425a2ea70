// A depthwise convolution is a grouped one with a group per channel; its filter (C, 1, KH, KW) is in memory
// what cuDNN's NHWC filter (C, KH, KW, 1) is.
#include "tern/core/devices/stream_scope.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/cudnn/convolution.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"

namespace tern::depthwise_conv2d_passes {
namespace {

using cudnn::ConvolutionPass;

cudnn::Convolution convolution(ConvolutionPass pass, const Tensor& image, const Tensor& windows,
                               const DepthwiseConv2dParams& params) {
    return {pass,         image.dtype(),  image.device(), image.dim(0),   image.dim(1), image.dim(2),
            image.dim(3), windows.dim(1), windows.dim(2), windows.dim(3), image.dim(3), params.window};
}

cudnn::Convolution convolution(const Forward& pass) {
    return convolution(ConvolutionPass::forward, pass.x, pass.y, pass.params);
}
cudnn::Convolution convolution(const BackwardInput& pass) {
    return convolution(ConvolutionPass::backward_input, pass.dx, pass.dy, pass.params);
}
cudnn::Convolution convolution(const BackwardWeight& pass) {
    return convolution(ConvolutionPass::backward_weight, pass.x, pass.dy, pass.params);
}

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    // cudnnConvolutionBiasActivationForward with a group per channel has no record of a GPU yet.
    if (pass.bias.defined()) return refuse(why_not, "a bias is for the other implementations");
    return cudnn::accepts_convolution(convolution(pass), why_not);
}
bool accepts(Cudnn, const BackwardInput& pass, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(pass), why_not);
}
bool accepts(Cudnn, const BackwardWeight& pass, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(pass), why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    cudnn::run_convolution(convolution(pass), pass.x, pass.w, {}, pass.y, stream);
}
void run(Cudnn, const BackwardInput& pass, const Stream& stream) {
    cudnn::run_convolution(convolution(pass), pass.dy, pass.w, {}, pass.dx, stream);
}
void run(Cudnn, const BackwardWeight& pass, const Stream& stream) {
    const StreamScope scope(stream);  // for the cast
    const bool rounds = pass.dw.dtype() != pass.x.dtype();
    const Tensor dw = rounds ? Tensor::empty(pass.dw.shape(), pass.x.dtype(), pass.dw.device()) : pass.dw;
    cudnn::run_convolution(convolution(pass), pass.x, pass.dy, {}, dw, stream);
    if (rounds) run_pass(cast_passes::Forward{.x = dw, .y = pass.dw});
}

}  // namespace tern::depthwise_conv2d_passes
