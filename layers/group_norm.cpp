#include "tern/layers/group_norm.hpp"

#include "tern/layers/initialize.hpp"

namespace tern {

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, double epsilon) : epsilon_(epsilon) {
    TERN_CHECK(groups >= 1 && channels >= 1 && channels % groups == 0, "GroupNorm",
               "groups must be at least 1 and divide the channels, got ", groups, " groups of ", channels,
               " channels");
    TERN_CHECK(epsilon > 0, "GroupNorm", "epsilon must be above 0, got ", epsilon);
    group_size_ = channels / groups;
    weight_ = Tensor::full({channels}, 1);
    bias_ = Tensor::zeros({channels});
    add_parameter("weight", weight_);
    add_parameter("bias", bias_);
}

// A pruned layer has fewer groups of the same size.
Features GroupNorm::forward(Features input) {
    return group_norm(input, weight_, bias_, {weight_.numel() / group_size_, epsilon_});
}

void GroupNorm::initialize_own(Initializer& initializer) {
    initializer.constant(weight_, 1);
    initializer.constant(bias_, 0);
}

}  // namespace tern
