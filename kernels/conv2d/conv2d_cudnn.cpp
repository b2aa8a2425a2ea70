// cuDNN wants the weights of NHWC images as (O, KH, KW, I/groups): they are turned into a copy, and their
// gradient back from one, which is nothing beside the images.
#include "tern/kernels/conv2d/conv2d.hpp"

#include "tern/core/stream_scope.hpp"
#include "tern/kernels/cudnn/convolution.hpp"
#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/permute/permute.hpp"

namespace tern::conv2d_passes {
namespace {

using cudnn::ConvolutionPass;

// Which tensors of the pass are the image and its windows.
cudnn::Convolution convolution(const Problem& problem) {
    const auto& [window, groups] = problem.params<Conv2dParams>();
    const std::string_view pass = problem.pass.name;
    const Tensor &first = problem.inputs[0], &second = problem.inputs[1], &result = problem.outputs[0];
    const auto make = [&](ConvolutionPass which, const Tensor& image, const Tensor& windows) {
        return cudnn::Convolution{which,          image.dtype(),  image.device(), image.dim(0),
                                  image.dim(1),   image.dim(2),   image.dim(3),   windows.dim(1),
                                  windows.dim(2), windows.dim(3), groups,         window};
    };
    if (pass == "backward_input") return make(ConvolutionPass::backward_input, result, first);
    if (pass == "backward_weight") return make(ConvolutionPass::backward_weight, first, second);
    cudnn::Convolution forward = make(ConvolutionPass::forward, first, result);
    forward.with_bias = problem.inputs[2].defined();
    return forward;
}

void turn(const Tensor& from, const Tensor& to, const std::vector<int>& order) {
    static const Pass& forward = permute_op().pass("forward");
    run_pass(forward, ParamsRef(PermuteParams{order}), {from}, {to});
}

Tensor empty_channels_last(const Tensor& w) {
    return Tensor::empty({w.dim(0), w.dim(2), w.dim(3), w.dim(1)}, w.dtype(), w.device());
}

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    return cudnn::accepts_convolution(convolution(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const StreamScope scope(stream);  // for the turns
    const cudnn::Convolution call = convolution(problem);
    const Tensor &first = problem.inputs[0], &second = problem.inputs[1], &result = problem.outputs[0];
    if (call.pass == ConvolutionPass::backward_weight) {
        const Tensor turned = empty_channels_last(result);
        cudnn::run_convolution(call, first, second, {}, turned, stream);
        turn(turned, result, {0, 3, 1, 2});
        return;
    }
    const Tensor turned = empty_channels_last(second);
    turn(second, turned, {0, 2, 3, 1});
    cudnn::run_convolution(call, first, turned, call.with_bias ? problem.inputs[2] : Tensor(), result,
                           stream);
}

}  // namespace tern::conv2d_passes
