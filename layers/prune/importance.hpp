// How much a channel matters.
#pragma once

#include <vector>

#include "tern/layers/module.hpp"
#include "tern/layers/prune/channel_groups.hpp"

namespace tern {

enum class ChannelCriterion : std::uint8_t {
    /// The sum of squares of all weights that go with the channel, each tensor's as a share of that of the average channel (Fang
    /// et al.: "DepGraph: Towards Any Structural Pruning", CVPR 2023).
    group_norm,
    /// The absolute value of its normalisation's scales (Liu et al.: "Learning Efficient Convolutional Networks through Network
    /// Slimming", ICCV 2017). Channels that are not normalised have none, and stay.
    scale,
};

/// "group-norm" or "scale"; throws Error.
ChannelCriterion parse_channel_criterion(std::string_view name);

/// For each channel of the group, on average 1: so that channels of several groups compare. Empty where the criterion has nothing
/// to say. `state`: of the model, whose `parameters` are those names; `is_scale`: normalization_scales(). Throws Error for weights that are
/// not finite.
std::vector<double> importance(const ChannelGroup& group, const NamedTensors& state,
                               const std::vector<bool>& is_scale, const std::vector<bool>& is_parameter,
                               ChannelCriterion criterion);

}  // namespace tern
