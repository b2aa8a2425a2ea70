#include "tern/layers/depthwise_conv2d.hpp"

#include <cmath>

#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

DepthwiseConv2d::DepthwiseConv2d(std::int64_t channels, const Options& options)
    : window_("DepthwiseConv2d", options.kernel, options.stride, options.padding, options.dilation) {
    TERN_CHECK(channels >= 1, "DepthwiseConv2d", "channels must be at least 1, got ", channels);
    weight_ = Tensor::full({channels, 1, options.kernel.height, options.kernel.width}, NAN);
    add_parameter("weight", weight_);
    if (!options.bias) return;
    bias_ = Tensor::full({channels}, NAN);
    add_parameter("bias", bias_);
}

Features DepthwiseConv2d::forward(Features features) {
    const Tensor& input = features;
    return depthwise_conv2d(input, in_type_of(input, weight_), in_type_of(input, bias_),
                            window_.at(input.shape()));
}

bool DepthwiseConv2d::absorb(const Tensor& scale, const Tensor& shift) {
    return absorb_into(weight_, bias_, scale, shift);
}

void DepthwiseConv2d::initialize_own(Initializer& initializer) {
    initializer.weight(weight_);
    if (bias_.defined()) initializer.bias(bias_, weight_.shape());
}

std::int64_t DepthwiseConv2d::multiply_adds(const Shape&, const Shape& output) const {
    return output.numel() * weight_.dim(2) * weight_.dim(3);
}

}  // namespace tern
