#include "tern/layers/conv2d.hpp"

#include <cmath>

#include "tern/kernels/conv2d/conv2d.hpp"
#include "tern/kernels/linear/linear.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Options& options)
    : window_("Conv2d", options.kernel, options.stride, options.padding, options.dilation),
      outputs_of_group_(0) {
    const std::int64_t groups = options.groups;
    TERN_CHECK(groups >= 1 && in_channels >= 1 && out_channels >= 1 && in_channels % groups == 0 &&
                   out_channels % groups == 0,
               "Conv2d", "channels must be positive multiples of the groups, got ", in_channels, " -> ",
               out_channels, " in ", groups, " groups");
    if (groups > 1) outputs_of_group_ = out_channels / groups;
    const Size2d& kernel = options.kernel;
    weight_ = Tensor::full({out_channels, in_channels / groups, kernel.height, kernel.width}, NAN);
    add_parameter("weight", weight_);
    if (!options.bias) return;
    bias_ = Tensor::full({out_channels}, NAN);
    add_parameter("bias", bias_);
}

// A pruned layer has fewer of the same size.
std::int64_t Conv2d::groups() const {
    return outputs_of_group_ == 0 ? 1 : weight_.dim(0) / outputs_of_group_;
}

// One multiplication of matrices over all pixels.
bool Conv2d::is_pointwise() const {
    const Window2d& w = window_.window;
    return outputs_of_group_ == 0 && w == Window2d{.dilation_h = w.dilation_h, .dilation_w = w.dilation_w};
}

Features Conv2d::forward(Features features) {
    const Tensor& input = features;
    const Tensor weight = in_type_of(input, weight_), bias = in_type_of(input, bias_);
    if (is_pointwise()) return linear(input, weight.reshape({weight.dim(0), weight.dim(1)}), bias);
    return conv2d(input, weight, bias, window_.at(input.shape()), groups());
}

bool Conv2d::absorb(const Tensor& scale, const Tensor& shift) {
    return absorb_into(weight_, bias_, scale, shift);
}

void Conv2d::initialize_own(Initializer& initializer) {
    initializer.weight(weight_);
    if (bias_.defined()) initializer.bias(bias_, weight_.shape());
}

std::int64_t Conv2d::multiply_adds(const Shape&, const Shape& output) const {
    return output.numel() * (weight_.numel() / weight_.dim(0));
}

}  // namespace tern
