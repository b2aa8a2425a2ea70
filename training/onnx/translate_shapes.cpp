// What moves elements.
#include "tern/training/onnx/translate.hpp"

#include <cstdint>

namespace tern::onnx {
namespace {

std::string sliced(const std::string& x, const std::vector<std::int64_t>& begins,
                   const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& axes,
                   Translation& to) {
    return to.node("Slice", {x, to.integers(begins), to.integers(ends), to.integers(axes)});
}

}  // namespace

void translate(const NodeOf<concat_passes::Forward>& node, Translation& to) {
    const Order order = to.common_order(node.in.x, to.value(node.out.y).rank());
    std::vector<std::string> pieces;
    for (const ValueId id : node.in.x) pieces.push_back(to.in(id, order));
    to.give(node.out.y, order,
            to.node("Concat", pieces, Attributes().integer("axis", position_of(node.params.axis, order))));
}

void translate(const NodeOf<permute_passes::Forward>& node, Translation& to) {
    to.give_permuted(node.out.y, node.in.x, node.params.order);
}

void translate(const NodeOf<pad_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    std::vector<std::int64_t> before, after;
    for (const int d : order) {
        before.push_back(node.params.borders[static_cast<std::size_t>(d)].first);
        after.push_back(node.params.borders[static_cast<std::size_t>(d)].second);
    }
    before.insert(before.end(), after.begin(), after.end());
    const std::string value = to.scalar(node.params.value, to.value(node.in.x).dtype);
    to.give(node.out.y, order, to.node("Pad", {to.in(node.in.x, order), to.integers(before), value}));
}

// crop(): ends count from the last element, so that none says how many samples there are.
void translate(const NodeOf<pad_passes::Backward>& node, Translation& to) {
    const Order order = to.order_of(node.in.dy);
    std::vector<std::int64_t> begins, ends, axes;
    for (std::size_t d = 0; d < order.size(); ++d) {
        const auto [before, after] = node.params.borders[static_cast<std::size_t>(order[d])];
        if (before == 0 && after == 0) continue;
        begins.push_back(before);
        ends.push_back(after == 0 ? INT64_MAX : -after);
        axes.push_back(static_cast<std::int64_t>(d));
    }
    if (axes.empty())
        return to.give_permuted(node.out.dx, node.in.dy, own_order(static_cast<int>(order.size())));
    to.give(node.out.dx, order, sliced(to.in(node.in.dy, order), begins, ends, axes, to));
}

void translate(const NodeOf<gather_passes::Forward>& node, Translation& to) {
    const Order order = to.common_order({node.in.x, node.in.index}, to.value(node.in.x).rank());
    to.give(node.out.y, order,
            to.node("GatherElements", {to.in(node.in.x, order), to.in(node.in.index, order)},
                    Attributes().integer("axis", position_of(node.params.axis, order))));
}

void translate(const NodeOf<index_select_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    to.give(node.out.y, order,
            to.node("Gather", {to.in(node.in.x, order), to.in(node.in.index)},
                    Attributes().integer("axis", position_of(node.params.axis, order))));
}

void translate_view(const Node& node, Translation& to) {
    const ValueId from = node.inputs[0], into = node.outputs[0];
    std::string name = to.in(from);
    Extents extents = to.value(from).extents;
    if (node.rows) {
        name = sliced(name, {node.rows->begin}, {node.rows->end}, {0}, to);
        extents[0] = {node.rows->end - node.rows->begin};
    }
    const Extents& wanted = to.value(into).extents;
    const Order own = own_order(static_cast<int>(wanted.size()));
    if (wanted != extents) name = to.node("Reshape", {name, to.integers(to.target(wanted, own))});
    to.give(into, own, name);
}

}  // namespace tern::onnx
