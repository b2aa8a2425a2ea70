#include "tern/layers/prune/channel_groups.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
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
    std::set<std::string> scales;
    for (const Node& node : graph.nodes) {
        if (node.is<normalize_passes::Forward>())
            scales.insert(graph.value(node.as<normalize_passes::Forward>().in.gamma).name);
        else if (node.is<group_norm_passes::Forward>())
            scales.insert(graph.value(node.as<group_norm_passes::Forward>().in.gamma).name);
    }
    std::vector<bool> result;
    for (const NamedTensor& named : state) result.push_back(scales.contains(named.name));
    return result;
}

}  // namespace tern
