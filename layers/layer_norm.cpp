#include "tern/layers/layer_norm.hpp"

#include "tern/layers/initialize.hpp"

namespace tern {

LayerNorm::LayerNorm(std::int64_t features, double epsilon) : epsilon_(epsilon) {
    TERN_CHECK(features >= 1, "LayerNorm", "features must be at least 1, got ", features);
    TERN_CHECK(epsilon > 0, "LayerNorm", "epsilon must be above 0, got ", epsilon);
    weight_ = Tensor::full({features}, 1);
    bias_ = Tensor::zeros({features});
    add_parameter("weight", weight_);
    add_parameter("bias", bias_);
}

// Rows are images of one pixel with one group.
Features LayerNorm::forward(Features input) {
    const Tensor& x = input;
    TERN_CHECK(x.rank() >= 1 && x.dim(-1) == weight_.numel(), "LayerNorm", "the input must be (..., ",
               weight_.numel(), "), got ", x.shape());
    const Tensor rows = x.reshape({-1, x.dim(-1)});
    return group_norm(rows, weight_, bias_, {1, epsilon_}).reshape(x.shape());
}

void LayerNorm::initialize_own(Initializer& initializer) {
    initializer.constant(weight_, 1);
    initializer.constant(bias_, 0);
}

}  // namespace tern
