// Normalisations.
#include "tern/training/onnx/translate.hpp"

#include "tern/layers/fold_batch_norms.hpp"

namespace tern::onnx {
namespace {

// Dimensions but the last, as bits.
std::uint32_t all_but_last(int rank) { return (1u << (rank - 1)) - 1; }

std::vector<std::int64_t> places_of(std::uint32_t dimensions, const Order& order) {
    std::vector<std::int64_t> result;
    for (std::size_t d = 0; d < order.size(); ++d)
        if (dimensions >> order[d] & 1) result.push_back(static_cast<std::int64_t>(d));
    return result;
}

}  // namespace

std::string normalized(const std::string& x, const NormalizeParams& params, ValueId mean, ValueId variance,
                       ValueId gamma, ValueId beta, Translation& to) {
    const auto constant = [&to](ValueId id) { return to.value(id).constant; };
    if (normalizes_nothing(constant(gamma), constant(beta), constant(mean), constant(variance),
                           params.epsilon))
        return x;
    return to.node("BatchNormalization", {x, to.in(gamma), to.in(beta), to.in(mean), to.in(variance)},
                   Attributes().number("epsilon", params.epsilon));
}

std::string activated(const std::string& x, const NormalizeParams& params, DType dtype, Translation& to) {
    return activated(x, ActivationParams{.activation = params.activation, .slope = params.slope}, dtype, to);
}

void translate(const NodeOf<normalize_passes::Forward>& node, Translation& to) {
    const auto& in = node.in;
    const int rank = to.value(in.x).rank();
    if (rank < 2) to.refuse("is of ", rank, " dimensions; BatchNormalization needs (N, ..., C)");
    const Order order = channels_first(rank);
    std::string y = normalized(to.in(in.x, order), node.params, in.mean, in.variance, in.gamma, in.beta, to);
    if (in.residual != kNoValue) y = to.node("Add", {y, to.in(in.residual, order)});
    to.give(node.out.y, order, activated(y, node.params, to.value(in.x).dtype, to));
}

void translate(const NodeOf<normalize_max_pool2d_passes::Forward>& node, Translation& to) {
    const auto& in = node.in;
    const NormalizeParams& norm = node.params.normalize;
    const Order order = channels_first(4);
    std::string y = normalized(to.in(in.x, order), norm, in.mean, in.variance, in.gamma, in.beta, to);
    y = activated(y, norm, to.value(in.x).dtype, to);
    to.give(node.out.y, order, max_pooled(y, node.params.window, to));
}

// Of one group of rows LayerNormalization. Else the numbers of a group are the pixels of a channel of InstanceNormalization.
void translate(const NodeOf<group_norm_passes::Forward>& node, Translation& to) {
    const auto& [x, gamma, beta] = node.in;
    const Value& value = to.value(x);
    const std::int64_t groups = node.params.groups;
    if (value.rank() == 2 && groups == 1) {
        const auto attributes = Attributes().integer("axis", -1).number("epsilon", node.params.epsilon);
        return to.give(node.out.y, own_order(2),
                       to.node("LayerNormalization", {to.in(x), to.in(gamma), to.in(beta)}, attributes));
    }
    const Order order = channels_first(value.rank());
    const std::string in_groups = to.node("Reshape", {to.in(x, order), to.integers({0, groups, -1})});
    const std::string one = to.filled(groups, 1, value.dtype), zero = to.filled(groups, 0, value.dtype);
    const std::string normal = to.node("InstanceNormalization", {in_groups, one, zero},
                                       Attributes().number("epsilon", node.params.epsilon));
    const std::string as_it_was = to.node("Reshape", {normal, to.integers(to.target(value.extents, order))});
    const std::string scaled = to.node("Mul", {as_it_was, to.in(gamma, order)});
    to.give(node.out.y, order, to.node("Add", {scaled, to.in(beta, order)}));
}

void translate(const NodeOf<channel_moments_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const std::string x = to.in(node.in.x, order);
    const std::vector<std::int64_t> axes = places_of(all_but_last(to.value(node.in.x).rank()), order);
    const auto mean = [&](const std::string& of, bool keeps) {
        return to.node("ReduceMean", {of},
                       Attributes().integers("axes", axes).integer("keepdims", keeps ? 1 : 0));
    };
    const std::string distance = to.node("Sub", {x, mean(x, true)});
    to.give(node.out.mean, own_order(1), mean(x, false));
    to.give(node.out.variance, own_order(1), mean(to.node("Mul", {distance, distance}), false));
}

}  // namespace tern::onnx
