// Pools, and what becomes of all elements along dimensions.
#include "tern/training/onnx/translate.hpp"

namespace tern::onnx {
namespace {

const Order kImages = channels_first(4);

}  // namespace

std::string max_pooled(const std::string& x, const Window2d& window, Translation& to) {
    return to.node("MaxPool", {x}, window_attributes(window));
}

void translate(const NodeOf<max_pool2d_passes::Forward>& node, Translation& to) {
    to.give(node.out.y, kImages, max_pooled(to.in(node.in.x, kImages), node.params.window, to));
}

void translate(const NodeOf<avg_pool2d_passes::Forward>& node, Translation& to) {
    const Window2d& w = node.params.window;
    if (w.dilation_h != 1 || w.dilation_w != 1)
        to.refuse("has a dilation, which AveragePool has from operator set 19 on; ", kOpset, " is written");
    const Attributes attributes = Attributes()
                                      .integers("kernel_shape", {w.kernel_h, w.kernel_w})
                                      .integers("strides", {w.stride_h, w.stride_w})
                                      .integers("pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right})
                                      .integer("count_include_pad", node.params.count_padding ? 1 : 0);
    to.give(node.out.y, kImages, to.node("AveragePool", {to.in(node.in.x, kImages)}, attributes));
}

void translate(const NodeOf<global_average_pool_passes::Forward>& node, Translation& to) {
    const std::string pixel = to.node("GlobalAveragePool", {to.in(node.in.x, kImages)});
    to.give(node.out.y, own_order(2), to.node("Flatten", {pixel}, Attributes().integer("axis", 1)));
}

void translate(const NodeOf<reduce_passes::Forward>& node, Translation& to) {
    if (node.params.axes == 0)
        return to.give_permuted(node.out.y, node.in.x, own_order(to.value(node.in.x).rank()));
    const Order order = to.order_of(node.in.x);
    const bool keeps = to.value(node.out.y).rank() == to.value(node.in.x).rank();
    std::vector<std::int64_t> axes;
    for (std::size_t d = 0; d < order.size(); ++d)
        if (node.params.axes >> order[d] & 1) axes.push_back(static_cast<std::int64_t>(d));
    const std::string x = to.in(node.in.x, order);
    const auto by_attribute = [&](const char* operation) {
        return to.node(operation, {x},
                       Attributes().integers("axes", axes).integer("keepdims", keeps ? 1 : 0));
    };
    const auto y = [&] {
        switch (node.params.kind) {
            case Reduction::sum:
                return to.node("ReduceSum", {x, to.integers(axes)},
                               Attributes().integer("keepdims", keeps ? 1 : 0));
            case Reduction::mean:
                return by_attribute("ReduceMean");
            case Reduction::max:
                return by_attribute("ReduceMax");
            case Reduction::min:
                return by_attribute("ReduceMin");
        }
        to.refuse("is of an unknown kind");
    };
    to.give(node.out.y, keeps ? order : without(order, node.params.axes), y());
}

void translate(const NodeOf<softmax_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const std::int64_t axis = position_of(to.value(node.in.x).rank() - 1, order);
    to.give(node.out.y, order,
            to.node(node.params.logarithm ? "LogSoftmax" : "Softmax", {to.in(node.in.x, order)},
                    Attributes().integer("axis", axis)));
}

void translate(const NodeOf<argmax_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const auto attributes =
        Attributes().integer("axis", position_of(node.params.axis, order)).integer("keepdims", 0);
    to.give(node.out.y, without(order, 1u << node.params.axis),
            to.node("ArgMax", {to.in(node.in.x, order)}, attributes));
}

void translate(const NodeOf<topk_passes::Forward>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    const auto names = to.node("TopK", {to.in(node.in.x, order), to.integers({node.params.k})},
                               Attributes().integer("axis", position_of(node.params.axis, order)), 2);
    to.give(node.out.values, order, names[0]);
    to.give(node.out.indices, order, names[1]);
}

}  // namespace tern::onnx
