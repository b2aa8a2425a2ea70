#include "tern/layers/prune/widths.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/index_select/index_select.hpp"
#include "tern/layers/evaluation_scope.hpp"
#include "tern/layers/prune/channel_groups.hpp"
#include "tern/layers/trace/trace.hpp"

namespace tern {
namespace {

// An axis of a tensor of the model: what it loses, and how many indices a channel of each group has there.
struct NarrowedAxis {
    std::size_t tensor = 0;
    int axis = 0;
    std::int64_t lost = 0;
    std::map<std::size_t, std::int64_t> per_channel;  // by group
};

const Tensor* find(const NamedTensors& state, const std::string& name) {
    const auto found = std::ranges::find(state, name, &NamedTensor::name);
    return found == state.end() ? nullptr : &found->tensor;
}

void check_extents(const NamedTensors& state, const Widths& widths, std::string_view where) {
    for (const auto& [name, extents] : widths) {
        const Tensor* const tensor = find(state, name);
        TERN_CHECK(tensor != nullptr, where, "has widths of ", name, ", which the model does not have");
        TERN_CHECK(std::ssize(extents) == tensor->rank(), where, "has ", extents.size(), " widths of ", name,
                   ", which is ", tensor->shape());
        for (int d = 0; d < tensor->rank(); ++d) {
            const std::int64_t extent = extents[static_cast<std::size_t>(d)];
            TERN_CHECK(extent >= 0 && extent <= tensor->dim(d), where, "has width ", extent, " of ", name,
                       " along axis ", d, ", expected at most ", tensor->dim(d), ", and 0 for all of it");
        }
    }
}

bool has(const NamedTensors& state, const Widths& widths) {
    return std::ranges::all_of(state, [&](const NamedTensor& named) {
        return narrowed(widths, named.name, named.tensor.shape()) == named.tensor.shape();
    });
}

std::vector<NarrowedAxis> axes_of(const NamedTensors& state, const std::vector<ChannelGroup>& groups,
                                  const Widths& widths) {
    std::vector<NarrowedAxis> axes;
    for (std::size_t k = 0; k < state.size(); ++k) {
        const Shape &made = state[k].tensor.shape(), kept = narrowed(widths, state[k].name, made);
        for (int d = 0; d < made.rank(); ++d) axes.push_back({k, d, made[d] - kept[d], {}});
    }
    for (std::size_t g = 0; g < groups.size(); ++g)
        for (const Position& position : groups[g].channels[0]) {
            const auto at = std::ranges::find_if(axes, [&](const NarrowedAxis& axis) {
                return axis.tensor == position.tensor && axis.axis == position.axis;
            });
            ++at->per_channel[g];
        }
    return axes;
}

// How many channels each group loses follows from the first axis that has channels of no other group, as those of outputs have;
// then all others must agree.
void check_channels(const NamedTensors& state, const std::vector<ChannelGroup>& groups, const Widths& widths,
                    std::string_view where) {
    const std::vector<NarrowedAxis> axes = axes_of(state, groups, widths);
    std::vector<std::int64_t> lost(groups.size(), 0);
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis)
        if (axis->per_channel.size() == 1) {
            const auto [group, count] = *axis->per_channel.begin();
            lost[group] = axis->lost / count;
        }
    for (const NarrowedAxis& axis : axes) {
        std::int64_t expected = 0;
        for (const auto& [group, count] : axis.per_channel) expected += count * lost[group];
        const auto& [name, tensor] = state[axis.tensor];
        const std::int64_t made = tensor.dim(axis.axis);
        TERN_CHECK(axis.lost == expected, where, "its widths do not fit one another: ", name, " has ",
                   made - axis.lost, " along axis ", axis.axis, ", expected ", made - expected);
    }
    for (std::size_t g = 0; g < groups.size(); ++g)
        TERN_CHECK(lost[g] < std::ssize(groups[g].channels), where, "its widths leave no channel of ",
                   groups[g].name);
}

std::vector<ChannelGroup> groups_of(Module& model, const Shape& sample, const NamedTensors& state,
                                    std::string_view where) {
    try {
        return channel_groups(trace(model, sample), state);
    } catch (const Error& error) {
        fail(where, "has widths of a pruned model, but of this one no channels are known: ", error.what());
    }
}

Tensors leading(const NamedTensors& state, const Widths& widths) {
    const NoGrad no_grad;
    Tensors result;
    for (const auto& [name, tensor] : state) {
        Tensor part = tensor;
        const Shape shape = narrowed(widths, name, tensor.shape());
        for (int d = 0; d < tensor.rank(); ++d) {
            if (shape[d] == tensor.dim(d)) continue;
            std::vector<std::int64_t> kept(static_cast<std::size_t>(shape[d]));
            std::iota(kept.begin(), kept.end(), 0);
            part = index_select(part, d, Tensor::from({shape[d]}, kept).to(tensor.device()));
        }
        result.push_back(part);
    }
    return result;
}

}  // namespace

Widths widths_of(const NamedTensors& made, const NamedTensors& narrowed) {
    TERN_ASSERT(made.size() == narrowed.size());
    Widths widths;
    for (std::size_t k = 0; k < made.size(); ++k) {
        const Shape &from = made[k].tensor.shape(), &to = narrowed[k].tensor.shape();
        TERN_ASSERT(made[k].name == narrowed[k].name && from.rank() == to.rank());
        if (from == to) continue;
        std::vector<std::int64_t>& extents = widths[made[k].name];
        for (int d = 0; d < to.rank(); ++d) extents.push_back(from[d] == to[d] ? 0 : to[d]);
    }
    return widths;
}

Shape narrowed(const Widths& widths, const std::string& name, const Shape& made) {
    const auto found = widths.find(name);
    Shape shape = made;
    for (int d = 0; found != widths.end() && d < std::min<int>(made.rank(), std::ssize(found->second)); ++d)
        if (const std::int64_t extent = found->second[static_cast<std::size_t>(d)]; extent != 0)
            shape = shape.with(d, extent);
    return shape;
}

bool narrow(Module& model, const Widths& widths, const Shape& sample, std::string_view where) {
    const NamedTensors state = model.state();
    check_extents(state, widths, where);
    if (has(state, widths)) return false;
    check_channels(state, groups_of(model, sample, state, where), widths, where);
    Tensors before;
    for (const NamedTensor& named : state) before.push_back(named.tensor);
    model.replace_state(leading(state, widths));
    try {
        std::vector<std::int64_t> one{1};
        one.insert(one.end(), sample.begin(), sample.end());
        output_of_zeros(model, Shape(one));
    } catch (const Error& error) {
        model.replace_state(before);
        fail(where, "the model does not run with these widths: ", error.what());
    }
    return true;
}

}  // namespace tern
