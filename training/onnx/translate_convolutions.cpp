// Sums of products.
#include "tern/training/onnx/translate.hpp"

namespace tern::onnx {
namespace {

const Order kImages = channels_first(4);

// y = x w^T + bias over the last dimension of any x.
std::string product(const std::string& x, const std::string& transposed_w, const std::string& bias,
                    Translation& to) {
    const std::string y = to.node("MatMul", {x, transposed_w});
    return bias.empty() ? y : to.node("Add", {y, bias});
}

std::string optional(ValueId id, Translation& to) { return id == kNoValue ? "" : to.in(id); }

}  // namespace

Attributes window_attributes(const Window2d& w) {
    return Attributes()
        .integers("kernel_shape", {w.kernel_h, w.kernel_w})
        .integers("strides", {w.stride_h, w.stride_w})
        .integers("dilations", {w.dilation_h, w.dilation_w})
        .integers("pads", {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
}

std::string convolved(const std::string& x, const std::string& w, const std::string& bias,
                      const Window2d& window, std::int64_t groups, Translation& to) {
    std::vector<std::string> inputs{x, w};
    if (!bias.empty()) inputs.push_back(bias);
    return to.node("Conv", inputs, window_attributes(window).integer("group", groups));
}

void translate(const NodeOf<conv2d_passes::Forward>& node, Translation& to) {
    const auto& [x, w, bias] = node.in;
    const std::string images = to.in(x, kImages), weights = to.in(w), b = optional(bias, to);
    to.give(node.out.y, kImages, convolved(images, weights, b, node.params.window, node.params.groups, to));
}

void translate(const NodeOf<depthwise_conv2d_passes::Forward>& node, Translation& to) {
    const auto& [x, w, bias] = node.in;
    const std::int64_t channels = to.value(w).extents[0].count;
    const std::string images = to.in(x, kImages), weights = to.in(w), b = optional(bias, to);
    to.give(node.out.y, kImages, convolved(images, weights, b, node.params.window, channels, to));
}

// Its parts.
void translate(const NodeOf<separable_conv2d_passes::Forward>& node, Translation& to) {
    const auto& in = node.in;
    const std::int64_t channels = to.value(in.depthwise).extents[0].count;
    const std::int64_t outputs = to.value(in.pointwise).extents[0].count;
    std::string x = to.in(in.x, kImages);
    if (in.mean != kNoValue) {
        const NormalizeParams& norm = node.params.normalize;
        x = normalized(x, norm, in.mean, in.variance, in.gamma, in.beta, to);
        if (in.residual != kNoValue) x = to.node("Add", {x, to.in(in.residual, kImages)});
        x = activated(x, norm, to.value(in.x).dtype, to);
    }
    if (!to.is_constant(in.pointwise)) to.refuse("has weights that are computed");
    x = convolved(x, to.in(in.depthwise), "", kSeparableWindow, channels, to);
    const std::string w = to.constant(in.pointwise, {outputs, channels, 1, 1});
    to.give(node.out.y, kImages, convolved(x, w, optional(in.bias, to), Window2d(), 1, to));
}

// Over pixels that lie with channels first a convolution, of rows a Gemm.
void translate(const NodeOf<linear_passes::Forward>& node, Translation& to) {
    const auto& [x, w, bias] = node.in;
    const int rank = to.value(x).rank();
    const std::string b = optional(bias, to);
    if (rank == 4 && to.is_constant(w) && to.lies_in(x, kImages)) {
        const Shape& shape = to.value(w).constant.shape();
        const std::string filters = to.constant(w, {shape[0], shape[1], 1, 1});
        return to.give(node.out.y, kImages, convolved(to.in(x, kImages), filters, b, Window2d(), 1, to));
    }
    if (rank != 2) return to.give(node.out.y, own_order(rank), product(to.in(x), to.in(w, {1, 0}), b, to));
    std::vector<std::string> inputs{to.in(x), to.in(w)};
    if (!b.empty()) inputs.push_back(b);
    to.give(node.out.y, own_order(2), to.node("Gemm", inputs, Attributes().integer("transB", 1)));
}

void translate(const NodeOf<matmul_passes::Forward>& node, Translation& to) {
    const auto operand = [&to](ValueId id, bool transposed) {
        Order order = own_order(to.value(id).rank());
        if (transposed) std::swap(order.end()[-1], order.end()[-2]);
        return to.in(id, order);
    };
    const std::string a = operand(node.in.a, node.params.transpose_a),
                      b = operand(node.in.b, node.params.transpose_b);
    to.give(node.out.c, own_order(to.value(node.out.c).rank()), to.node("MatMul", {a, b}));
}

}  // namespace tern::onnx
