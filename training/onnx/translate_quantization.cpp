// Between numbers and bytes.
#include "tern/training/onnx/translate.hpp"

namespace tern::onnx {
namespace {

std::vector<std::string> with_scale(const std::string& x, const Quantization& quantization, Translation& to) {
    return {x, to.scalar(quantization.scale, DType::float32), to.scalar(quantization.zero, DType::uint8)};
}

}  // namespace

// Images as convolutions read them: what runs these in 8 bits looks for convolutions right behind.
void translate(const NodeOf<quantize_passes::Forward>& node, Translation& to) {
    const bool images = to.value(node.in.x).rank() == 4;
    const Order order = images ? channels_first(4) : to.order_of(node.in.x);
    to.give(node.out.y, order,
            to.node("QuantizeLinear", with_scale(to.in(node.in.x, order), node.params, to)));
}

void translate(const NodeOf<quantize_passes::Inverse>& node, Translation& to) {
    const Order order = to.order_of(node.in.x);
    to.give(node.out.y, order,
            to.node("DequantizeLinear", with_scale(to.in(node.in.x, order), node.params, to)));
}

}  // namespace tern::onnx
