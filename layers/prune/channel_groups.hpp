// The channels of a model that can go, each with all that goes with it.
#pragma once

#include <string>
#include <vector>

#include "tern/core/named_tensor.hpp"
#include "tern/layers/trace/graph.hpp"

namespace tern {

/// Index `index` along axis `axis` of tensor `tensor` of the model's state().
struct Position {
    std::size_t tensor = 0;
    int axis = 0;
    std::int64_t index = 0;
};

/// What goes together, in order: an output of a convolution, scale and shift of its batch norm, an input of each layer that reads
/// it, and the outputs of all layers whose sum it is.
using Channel = std::vector<Position>;

/// Channels along the same axes, none of which has anything in common with another one.
struct ChannelGroup {
    std::string name;  // of the first tensor
    std::vector<Channel> channels;
    /// Indices that a channel has along the axis where it has fewest: 1, but for channels that are normalised or convolved in
    /// groups, which go as a group.
    std::int64_t width = 1;

    std::int64_t extent() const { return width * static_cast<std::int64_t>(channels.size()); }
};

/// All groups of the model that `graph` is of, in the order of `state`. What has to stay (see AxisLabels) is in none.
std::vector<ChannelGroup> channel_groups(const Graph& graph, const NamedTensors& state);

/// Whether each tensor of `state` is the scale of a normalisation.
std::vector<bool> normalization_scales(const Graph& graph, const NamedTensors& state);

}  // namespace tern
