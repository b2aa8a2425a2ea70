#include "tern/layers/prune/channel_groups.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "tern/layers/prune/axis_labels.hpp"

namespace tern {
namespace {

using AxisOfTensor = std::pair<std::size_t, int>;

// How many indices the channel has along each axis.
std::map<AxisOfTensor, std::int64_t> counts(const Channel& channel) {
    std::map<AxisOfTensor, std::int64_t> result;
    for (const Position& position : channel) ++result[{position.tensor, position.axis}];
    return result;
}

std::vector<Channel> channels_of(const AxisLabels& labels) {
    std::vector<Channel> channels;
    std::map<AxisLabels::Label, std::size_t> places;
    const std::vector<AxisLabels::Axes>& state = labels.of_state();
    for (std::size_t tensor = 0; tensor < state.size(); ++tensor)
        for (std::size_t axis = 0; axis < state[tensor].size(); ++axis)
            for (std::size_t i = 0; i < state[tensor][axis].size(); ++i) {
                const AxisLabels::Label label = state[tensor][axis][i];
                if (label == AxisLabels::kFixed) continue;
                const auto [found, is_new] = places.emplace(label, channels.size());
                if (is_new) channels.emplace_back();
                channels[found->second].push_back(
                    {tensor, static_cast<int>(axis), static_cast<std::int64_t>(i)});
            }
    return channels;
}

}  // namespace

std::vector<ChannelGroup> channel_groups(const Graph& graph, const NamedTensors& state) {
    std::vector<ChannelGroup> groups;
    std::map<std::map<AxisOfTensor, std::int64_t>, std::size_t> places;
    for (Channel& channel : channels_of(AxisLabels(graph, state))) {
        const std::map<AxisOfTensor, std::int64_t> axes = counts(channel);
        const auto [found, is_new] = places.emplace(axes, groups.size());
        if (is_new) {
            const auto fewest =
                std::ranges::min_element(axes, {}, [](const auto& count) { return count.second; });
            groups.push_back({state[channel[0].tensor].name, {}, fewest->second});
        }
        groups[found->second].channels.push_back(std::move(channel));
    }
    return groups;
}

std::vector<bool> normalization_scales(const Graph& graph, const NamedTensors& state) {
    return AxisLabels(graph, state).is_scale();
}

}  // namespace tern
