#include "tern/layers/prune/axis_labels.hpp"

#include <algorithm>
#include <utility>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
#include "tern/kernels/where/where_passes.hpp"
#include "tern/layers/trace/recorded_run.hpp"

namespace tern {
namespace {

std::size_t extent(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

AxisLabels::AxisLabels(const Graph& graph, const NamedTensors& state)
    : graph_(graph), is_read_(state.size()) {
    for (const NamedTensor& named : state) {
        Axes& axes = state_axes_.emplace_back();
        for (const std::int64_t count : named.tensor.shape()) {
            Axis& axis = axes.emplace_back();
            for (std::int64_t i = 0; i < count; ++i) {
                axis.push_back(static_cast<Label>(parents_.size()));
                parents_.push_back(axis.back());
            }
        }
    }
    for (std::size_t id = 0; id < graph.values.size(); ++id) {
        values_.push_back(fixed(static_cast<ValueId>(id)));
        if (graph.values[id].constant.defined()) set_constant(id, state);
    }
    for (std::size_t k = 0; k < state.size(); ++k)
        if (!is_read_[k]) fix(state_axes_[k]);
    fix_shared(state);
    for (const Node& node : graph.nodes) visit(node);
    fix(at(graph.output));
    for (Axes& axes : state_axes_)
        for (Axis& axis : axes)
            for (Label& label : axis) label = find(label);
}

AxisLabels::Label AxisLabels::find(Label label) {
    const auto parent = [this](Label of) -> Label& { return parents_[static_cast<std::size_t>(of)]; };
    while (parent(label) != label) label = parent(label) = parent(parent(label));
    return label;
}

// The smaller one stays, and so kFixed does.
void AxisLabels::unite(Label a, Label b) {
    a = find(a);
    b = find(b);
    parents_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
}

void AxisLabels::unite(const Axis& a, const Axis& b) {
    TERN_ASSERT(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) unite(a[i], b[i]);
}

void AxisLabels::unite(const Axes& a, const Axes& b) {
    TERN_ASSERT(a.size() == b.size());
    for (std::size_t d = 0; d < a.size(); ++d) unite(a[d], b[d]);
}

void AxisLabels::fix(const Axis& axis) {
    for (const Label label : axis) unite(label, kFixed);
}

void AxisLabels::fix(const Axes& axes) {
    for (const Axis& axis : axes) fix(axis);
}

bool AxisLabels::is_fixed(const Axis& axis) {
    return std::ranges::all_of(axis, [this](Label label) { return find(label) == kFixed; });
}

AxisLabels::Axes AxisLabels::fixed(ValueId id) const {
    Axes axes;
    for (const std::int64_t count : graph_.value(id).shape(1)) axes.emplace_back(extent(count), kFixed);
    return axes;
}

// A parameter in its own shape or another one; a part of one has no channels that can go, nor has what the code made up.
void AxisLabels::set_constant(std::size_t id, const NamedTensors& state) {
    const Tensor& constant = graph_.values[id].constant;
    for (std::size_t k = 0; k < state.size(); ++k) {
        const Tensor whole = state[k].tensor.to(Device::cpu());
        if (graph_.values[id].name == state[k].name) {
            is_read_[k] = true;
            values_[id] = viewed(state_axes_[k], constant.shape());
        } else if (graph_.values[id].name.starts_with(state[k].name + '[')) {
            fix(state_axes_[k]);
        }
    }
}

// Tensors that share elements could not be narrowed one by one.
void AxisLabels::fix_shared(const NamedTensors& state) {
    for (std::size_t a = 0; a < state.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
            if (overlap(state[a].tensor, state[b].tensor)) {
                fix(state_axes_[a]);
                fix(state_axes_[b]);
            }
}

// Extents that come from others are split or joined; the labels are kept where one axis becomes one, or where axes become one and
// only one of them has channels.
AxisLabels::Axes AxisLabels::viewed(Axes from, const Shape& to) {
    Axes result;
    for (const std::int64_t count : to) result.emplace_back(extent(count), kFixed);
    std::size_t i = 0, j = 0;
    while (i < from.size() || j < result.size()) {
        Axes joined;
        std::vector<std::size_t> made;
        std::size_t before = 1, after = 1;
        const auto take_from = [&] {
            before *= from[i].size();
            if (from[i].size() > 1)
                joined.push_back(from[i]);
            else
                fix(from[i]);
            ++i;
        };
        const auto take_result = [&] {
            after *= result[j].size();
            if (result[j].size() > 1) made.push_back(j);
            ++j;
        };
        if (i < from.size()) take_from();
        if (j < result.size()) take_result();
        while (before != after) {
            TERN_ASSERT(before < after ? i < from.size() : j < result.size());
            before < after ? take_from() : take_result();
        }
        if (made.size() == 1)
            result[made[0]] = flattened(joined);
        else
            fix(joined);
    }
    return result;
}

AxisLabels::Axis AxisLabels::flattened(const Axes& from) {
    const auto with_channels = [this](const Axis& axis) { return !is_fixed(axis); };
    const auto only = std::ranges::find_if(from, with_channels);
    std::size_t inner = 1, all = 1;
    for (auto axis = from.begin(); axis != from.end(); ++axis) {
        all *= axis->size();
        if (only != from.end() && axis > only) inner *= axis->size();
    }
    Axis result(all, kFixed);
    if (std::ranges::count_if(from, with_channels) != 1) {
        fix(from);
        return result;
    }
    for (std::size_t p = 0; p < all; ++p) result[p] = (*only)[p / inner % only->size()];
    return result;
}

// Axes of the result, aligned at the last; an input whose extent is repeated has to keep it.
AxisLabels::Axes AxisLabels::broadcast(const std::vector<ValueId>& ids, ValueId result) {
    Axes all = fixed(result);
    for (std::size_t d = 0; d < all.size(); ++d) {
        const Axis* first = nullptr;
        for (const ValueId id : ids) {
            Axes& axes = at(id);
            const std::size_t from_last = all.size() - d;
            if (from_last > axes.size()) continue;
            const Axis& axis = axes[axes.size() - from_last];
            if (axis.size() != all[d].size()) {
                fix(axis);
                continue;
            }
            if (first != nullptr) unite(*first, axis);
            if (first == nullptr) first = &axis;
        }
        if (first != nullptr) all[d] = *first;
    }
    return all;
}

void AxisLabels::multiply(ValueId x, ValueId weight, ValueId bias, ValueId y) {
    const Axes& w = at(weight);
    unite(at(x).back(), w[1]);
    if (bias != kNoValue) unite(at(bias)[0], w[0]);
    at(y).back() = w[0];
}

void AxisLabels::normalize(const Axes& x, const std::vector<ValueId>& vectors) {
    for (const ValueId id : vectors) unite(at(id)[0], x.back());
}

// One rule for each operation. What gives a result of new extents has `fixed` ones, and labels only where channels are.
void AxisLabels::visit(const Node& node) {
    if (node.pass == nullptr) {
        const ValueId from = node.inputs[0], to = node.outputs[0];
        if (node.rows) {
            fix(at(from));
        } else {
            at(to) = viewed(at(from), graph_.value(to).shape(1));
        }
    } else if (node.is<conv2d_passes::Forward>()) {
        const auto conv = node.as<conv2d_passes::Forward>();
        const Axes w = at(conv.in.w);
        for (std::size_t d = 2; d < w.size(); ++d) fix(w[d]);
        at(conv.out.y)[3] = w[0];
        if (conv.in.bias != kNoValue) unite(at(conv.in.bias)[0], w[0]);
        const Axis& x = at(conv.in.x)[3];
        const std::size_t groups = extent(conv.params.groups);
        if (groups == 1) return unite(x, w[1]);
        fix(w[1]);
        const std::size_t inputs = x.size() / groups, outputs = w[0].size() / groups;
        for (std::size_t i = 0; i < x.size(); ++i) unite(x[i], w[0][i / inputs * outputs]);
        for (std::size_t o = 0; o < w[0].size(); ++o) unite(w[0][o], w[0][o / outputs * outputs]);
    } else if (node.is<depthwise_conv2d_passes::Forward>()) {
        const auto conv = node.as<depthwise_conv2d_passes::Forward>();
        const Axes& w = at(conv.in.w);
        for (std::size_t d = 1; d < w.size(); ++d) fix(w[d]);
        unite(at(conv.in.x)[3], w[0]);
        if (conv.in.bias != kNoValue) unite(at(conv.in.bias)[0], w[0]);
        at(conv.out.y)[3] = w[0];
    } else if (node.is<linear_passes::Forward>()) {
        const auto linear = node.as<linear_passes::Forward>();
        at(linear.out.y) = at(linear.in.x);
        multiply(linear.in.x, linear.in.w, linear.in.bias, linear.out.y);
    } else if (node.is<normalize_passes::Forward>()) {
        const auto norm = node.as<normalize_passes::Forward>();
        normalize(at(norm.in.x), {norm.in.mean, norm.in.variance, norm.in.gamma, norm.in.beta});
        if (norm.in.residual != kNoValue) unite(at(norm.in.residual), at(norm.in.x));
        at(norm.out.y) = at(norm.in.x);
    } else if (node.is<group_norm_passes::Forward>()) {
        const auto norm = node.as<group_norm_passes::Forward>();
        const Axes& x = at(norm.in.x);
        normalize(x, {norm.in.gamma, norm.in.beta});
        const std::size_t size = x.back().size() / extent(norm.params.groups);
        for (std::size_t c = 0; c < x.back().size(); ++c) unite(x.back()[c], x.back()[c / size * size]);
        at(norm.out.y) = x;
    } else if (node.is<activation_passes::Forward>() || node.is<elementwise_unary_passes::Forward>() ||
               node.is<cast_passes::Forward>()) {
        at(node.outputs[0]) = at(node.inputs[0]);
    } else if (node.is<elementwise_binary_passes::Forward>() || node.is<where_passes::Forward>()) {
        at(node.outputs[0]) = broadcast(node.inputs, node.outputs[0]);
    } else if (node.is<max_pool2d_passes::Forward>() || node.is<avg_pool2d_passes::Forward>() ||
               node.is<global_average_pool_passes::Forward>()) {
        at(node.outputs[0]).back() = at(node.inputs[0]).back();
    } else if (node.is<softmax_passes::Forward>()) {
        fix(at(node.inputs[0]).back());
        at(node.outputs[0]) = at(node.inputs[0]);
    } else if (node.is<concat_passes::Forward>()) {
        const auto concat = node.as<concat_passes::Forward>();
        const std::size_t axis = extent(concat.params.axis);
        Axes whole = at(node.inputs[0]);
        for (std::size_t k = 1; k < node.inputs.size(); ++k) {
            const Axes& piece = at(node.inputs[k]);
            for (std::size_t d = 0; d < whole.size(); ++d)
                if (d == axis)
                    whole[d].insert(whole[d].end(), piece[d].begin(), piece[d].end());
                else
                    unite(whole[d], piece[d]);
        }
        at(node.outputs[0]) = std::move(whole);
    } else if (node.is<pad_passes::Forward>()) {
        const auto pad = node.as<pad_passes::Forward>();
        for (std::size_t d = 0; d < pad.params.borders.size(); ++d)
            if (pad.params.borders[d] == std::pair<std::int64_t, std::int64_t>{0, 0})
                at(pad.out.y)[d] = at(pad.in.x)[d];
            else
                fix(at(pad.in.x)[d]);
    } else if (node.is<permute_passes::Forward>()) {
        const auto permute = node.as<permute_passes::Forward>();
        for (std::size_t d = 0; d < permute.params.order.size(); ++d)
            at(permute.out.y)[d] = at(permute.in.x)[extent(permute.params.order[d])];
    } else if (node.is<reduce_passes::Forward>()) {
        const auto reduce = node.as<reduce_passes::Forward>();
        const Axes& x = at(reduce.in.x);
        Axes& y = at(reduce.out.y);
        const bool keeps = y.size() == x.size();
        for (std::size_t d = 0, to = 0; d < x.size(); ++d) {
            const bool reduced = (reduce.params.axes >> d & 1U) != 0;
            if (reduced)
                fix(x[d]);
            else
                y[to] = x[d];
            if (!reduced || keeps) ++to;
        }
    } else {
        for (const ValueId id : node.inputs)
            if (id != kNoValue) fix(at(id));
    }
}

}  // namespace tern
