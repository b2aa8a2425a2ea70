#include "tern/layers/separable_conv2d.hpp"

#include <utility>

#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

Features SeparableConv2d::forward(Features input) {
    if (is_observed() || !runs_separable_conv2d(input.tensor(), depthwise_.window().at(input.shape())))
        return pointwise_(depthwise_(std::move(input)));
    const bool is_shared = input.is_shared();
    const Tensor x = input.tensor();
    const Tensor weight = in_type_of(x, pointwise_.weight());
    const SeparableConv2dKeeps keep{.moments = training(), .input = is_shared && input.norm()};
    const auto [output, moments, normalized] = separable_conv2d(
        x, input.norm(), in_type_of(x, depthwise_.weight()), weight.reshape({weight.dim(0), weight.dim(1)}),
        in_type_of(x, pointwise_.bias()), keep);
    if (keep.input) input.keep_value(normalized);
    return {output, moments};
}

}  // namespace tern
