#include "tern/layers/separable_conv2d.hpp"

#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

SeparableConv2d::WithInput SeparableConv2d::run(const Features& input, bool keep_input) {
    const Tensor& x = input.tensor;
    if (is_observed() || !runs_separable_conv2d(x.device()) ||
        depthwise_.window().at(x.shape()) != kSeparableWindow) {
        const Tensor value = input.value();
        return {value, {pointwise_(depthwise_(value))}};
    }
    // On a GPU it adds no residual and keeps no input.
    if ((input.norm.residual || (keep_input && input.norm)) && x.device().type != DeviceType::cpu)
        return run({input.value()}, keep_input);
    const Tensor weight = in_type_of(x, pointwise_.weight());
    const auto [output, moments, normalized] = separable_conv2d(
        x, input.norm, in_type_of(x, depthwise_.weight()), weight.reshape({weight.dim(0), weight.dim(1)}),
        in_type_of(x, pointwise_.bias()), {.moments = training(), .input = keep_input && input.norm});
    return {normalized ? normalized : x, {output, moments}};
}

Features SeparableConv2d::forward_features(const Features& input) { return run(input, false).output; }

SeparableConv2d::WithInput SeparableConv2d::with_input(const Features& input) {
    const OwnerScope owner(this);
    const WithInput result = run(input, true);
    return {result.input, observed(result.input.shape(), result.output)};
}

}  // namespace tern
