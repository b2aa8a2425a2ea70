// cuDNN wants the weights of NHWC images as (O, KH, KW, I/groups): they are turned into a copy, and their
// gradient back from one, which is nothing beside the images.
#include "tern/core/devices/stream_scope.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/cudnn/convolution.hpp"
#include "tern/kernels/permute/permute_passes.hpp"

namespace tern::conv2d_passes {
namespace {

using cudnn::Convolution, cudnn::ConvolutionPass;

Convolution convolution(ConvolutionPass which, const Conv2dParams& params, const Tensor& image,
                        const Tensor& windows, bool with_bias = false) {
    return {which,         image.dtype(), image.device(), image.dim(0),   image.dim(1),
            image.dim(2),  image.dim(3),  windows.dim(1), windows.dim(2), windows.dim(3),
            params.groups, params.window, with_bias};
}

Convolution convolution(const Forward& pass) {
    return convolution(ConvolutionPass::forward, pass.params, pass.x, pass.y, pass.bias.defined());
}

Convolution convolution(const BackwardInput& pass) {
    return convolution(ConvolutionPass::backward_input, pass.params, pass.dx, pass.dy);
}

Convolution convolution(const BackwardWeight& pass) {
    return convolution(ConvolutionPass::backward_weight, pass.params, pass.x, pass.dy);
}

void turn(const Tensor& from, const Tensor& to, const std::vector<int>& order) {
    run_pass(permute_passes::Forward{.params = {order}, .x = from, .y = to});
}

Tensor empty_channels_last(const Tensor& w, DType dtype) {
    return Tensor::empty({w.dim(0), w.dim(2), w.dim(3), w.dim(1)}, dtype, w.device());
}

Tensor channels_last(const Tensor& w) {
    const Tensor turned = empty_channels_last(w, w.dtype());
    turn(w, turned, {0, 2, 3, 1});
    return turned;
}

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(pass), why_not);
}

bool accepts(Cudnn, const BackwardInput& pass, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(pass), why_not);
}

bool accepts(Cudnn, const BackwardWeight& pass, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(pass), why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    const StreamScope scope(stream);  // for the turn
    cudnn::run_convolution(convolution(pass), pass.x, channels_last(pass.w), pass.bias, pass.y, stream);
}

void run(Cudnn, const BackwardInput& pass, const Stream& stream) {
    const StreamScope scope(stream);  // for the turn
    cudnn::run_convolution(convolution(pass), pass.dy, channels_last(pass.w), {}, pass.dx, stream);
}

void run(Cudnn, const BackwardWeight& pass, const Stream& stream) {
    const StreamScope scope(stream);  // for the turn
    const Tensor turned = empty_channels_last(pass.dw, pass.x.dtype());
    cudnn::run_convolution(convolution(pass), pass.x, pass.dy, {}, turned, stream);
    turn(cast(turned, pass.dw.dtype()), pass.dw, {0, 3, 1, 2});
}

}  // namespace tern::conv2d_passes
