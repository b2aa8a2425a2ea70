#include "tern/layers/separable_conv2d.hpp"

#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

Features SeparableConv2d::forward_features(const Features& input) {
    const Tensor& x = input.tensor;
    if (is_observed() || !runs_separable_conv2d(x.device()) ||
        depthwise_.window().at(x.shape()) != kSeparableWindow)
        return {pointwise_(depthwise_(input.value()))};
    const Tensor weight = in_type_of(x, pointwise_.weight());
    const auto [output, moments] = separable_conv2d(x, input.norm, in_type_of(x, depthwise_.weight()),
                                                    weight.reshape({weight.dim(0), weight.dim(1)}),
                                                    in_type_of(x, pointwise_.bias()), training());
    return {output, moments};
}

}  // namespace tern
