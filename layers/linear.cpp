#include "tern/layers/linear.hpp"

#include <cmath>

#include "tern/kernels/linear/linear.hpp"
#include "tern/layers/initialize.hpp"
#include "tern/layers/mixed_precision.hpp"

namespace tern {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const Options& options) {
    TERN_CHECK(in_features >= 1 && out_features >= 1, "Linear", "features must be at least 1, got ",
               in_features, " -> ", out_features);
    weight_ = Tensor::full({out_features, in_features}, NAN);
    add_parameter("weight", weight_);
    if (!options.bias) return;
    bias_ = Tensor::full({out_features}, NAN);
    add_parameter("bias", bias_);
}

Features Linear::forward(Features features) {
    const Tensor& input = features;
    return linear(input, in_type_of(input, weight_), in_type_of(input, bias_));
}

bool Linear::absorb(const Tensor& scale, const Tensor& shift) {
    return absorb_into(weight_, bias_, scale, shift);
}

void Linear::initialize_own(Initializer& initializer) {
    initializer.weight(weight_);
    if (bias_.defined()) initializer.bias(bias_, weight_.shape());
}

std::int64_t Linear::multiply_adds(const Shape&, const Shape& output) const {
    return output.numel() * weight_.dim(1);
}

}  // namespace tern
