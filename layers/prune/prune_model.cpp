#include "tern/layers/prune/prune_model.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/error.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/layers/trace/trace.hpp"

namespace tern {
namespace {

const char* const kWhere = "prune";

// A group, what its channels are worth, and how many of them stay.
struct Candidate {
    const ChannelGroup* group;
    std::vector<double> importance;
    std::size_t kept;

    std::size_t size() const { return group->channels.size(); }
};

void check(const PruneOptions& options) {
    TERN_CHECK(options.rate > 0 && options.rate < 1, kWhere, "the rate must be above 0 and below 1, got ",
               options.rate);
    TERN_CHECK(options.multiple >= 1, kWhere, "the multiple must be at least 1, got ", options.multiple);
}

// The nearest number of channels whose extent is a multiple.
std::size_t rounded(const ChannelGroup& group, double wanted, std::int64_t multiple) {
    const auto step = static_cast<double>(multiple / std::gcd(multiple, group.width));
    const double steps = std::max(1.0, std::floor(wanted / step + 0.5));
    return std::min(group.channels.size(), static_cast<std::size_t>(steps * step));
}

// How many channels of each group are not among the least important of all.
std::vector<double> kept_of_all(const std::vector<Candidate>& candidates, double rate) {
    struct Ranked {
        double importance;
        std::size_t candidate;
    };
    std::vector<Ranked> all;
    std::vector<double> kept;
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        kept.push_back(static_cast<double>(candidates[k].size()));
        for (const double importance : candidates[k].importance) all.push_back({importance, k});
    }
    std::ranges::stable_sort(all, {}, &Ranked::importance);
    all.resize(static_cast<std::size_t>(rate * static_cast<double>(all.size()) + 0.5));
    for (const Ranked& least : all) --kept[least.candidate];
    return kept;
}

void choose_sizes(std::vector<Candidate>& candidates, const PruneOptions& options) {
    const std::vector<double> of_all =
        options.is_global ? kept_of_all(candidates, options.rate) : std::vector<double>();
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        Candidate& candidate = candidates[k];
        const double wanted =
            options.is_global ? of_all[k] : static_cast<double>(candidate.size()) * (1 - options.rate);
        candidate.kept = rounded(*candidate.group, wanted, options.multiple);
    }
}

// By place in the state and axis: the indices that go.
using Gone = std::map<std::pair<std::size_t, int>, std::set<std::int64_t>>;

Gone positions_that_go(const std::vector<Candidate>& candidates) {
    Gone gone;
    for (const Candidate& candidate : candidates) {
        std::vector<std::size_t> order(candidate.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t c) { return candidate.importance[c]; });
        order.resize(candidate.size() - candidate.kept);
        for (const std::size_t c : order)
            for (const Position& position : candidate.group->channels[c])
                gone[{position.tensor, position.axis}].insert(position.index);
    }
    return gone;
}

Tensors without(const NamedTensors& state, const Gone& gone) {
    const NoGrad no_grad;
    Tensors result;
    for (std::size_t k = 0; k < state.size(); ++k) {
        Tensor tensor = state[k].tensor;
        for (int d = 0; d < state[k].tensor.rank(); ++d) {
            const auto found = gone.find({k, d});
            if (found == gone.end()) continue;
            std::vector<std::int64_t> kept;
            for (std::int64_t i = 0; i < tensor.dim(d); ++i)
                if (!found->second.contains(i)) kept.push_back(i);
            tensor = index_select(tensor, d, Tensor::from({std::ssize(kept)}, kept).to(tensor.device()));
        }
        result.push_back(tensor);
    }
    return result;
}

// The same operations in the same places, and normalisations in groups of as many channels: code that knows a number of channels
// by heart may do something else.
void check_same_work(const Graph& before, const Graph& after) {
    const auto group_size = [](const Graph& graph, const Node& node) {
        const auto norm = node.as<group_norm_passes::Forward>();
        return graph.value(norm.in.x).extents.back().count / norm.params.groups;
    };
    const bool same = std::ranges::equal(before.nodes, after.nodes, [&](const Node& a, const Node& b) {
        if (a.pass != b.pass || a.module != b.module || a.inputs != b.inputs || a.outputs != b.outputs)
            return false;
        return !a.is<group_norm_passes::Forward>() || group_size(before, a) == group_size(after, b);
    });
    TERN_CHECK(same && before.value(before.output).extents == after.value(after.output).extents, kWhere,
               "the model does other work with fewer channels, because its code fixes how many there are");
}

}  // namespace

std::vector<PrunedGroup> prune_model(Module& model, const Shape& sample, const PruneOptions& options) {
    check(options);
    const NamedTensors state = model.state();
    const Graph graph = trace(model, sample);
    const std::vector<ChannelGroup> groups = channel_groups(graph, state);
    const std::vector<bool> is_scale = normalization_scales(graph, state);
    std::vector<bool> is_parameter;
    const NamedTensors parameters = model.parameters();
    for (const NamedTensor& named : state)
        is_parameter.push_back(std::ranges::find(parameters, named.name, &NamedTensor::name) !=
                               parameters.end());
    std::vector<Candidate> candidates;
    for (const ChannelGroup& group : groups) {
        std::vector<double> values = importance(group, state, is_scale, is_parameter, options.criterion);
        if (!values.empty()) candidates.push_back({&group, std::move(values), group.channels.size()});
    }
    choose_sizes(candidates, options);
    std::vector<PrunedGroup> result;
    for (const ChannelGroup& group : groups) {
        const auto found = std::ranges::find(candidates, &group, &Candidate::group);
        const std::size_t kept = found == candidates.end() ? group.channels.size() : found->kept;
        result.push_back({group.name, group.extent(), group.width * static_cast<std::int64_t>(kept)});
    }
    TERN_CHECK(
        std::ranges::any_of(result, [](const PrunedGroup& group) { return group.after < group.before; }),
        kWhere, "no channel can go at rate ", options.rate, ": the model has ", groups.size(),
        " groups of channels that can, each of which keeps a multiple of ", options.multiple);

    Tensors before;
    for (const NamedTensor& named : state) before.push_back(named.tensor);
    model.replace_state(without(state, positions_that_go(candidates)));
    try {
        check_same_work(graph, trace(model, sample));
    } catch (const Error& error) {
        model.replace_state(before);
        if (error.where() == kWhere) throw;
        fail(kWhere,
             "the model does not run with fewer channels, because its code fixes how many there are: ",
             error.what());
    }
    return result;
}

}  // namespace tern
