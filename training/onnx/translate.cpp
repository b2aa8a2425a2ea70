#include "tern/training/onnx/translate.hpp"

#include <algorithm>
#include <array>

namespace tern::onnx {
namespace {

struct Entry {
    const Pass* pass;
    void (*translate)(const Node& node, Translation& to);
};

template <TypedPass P>
Entry entry_of() {
    return {&info_of<P>(), [](const Node& node, Translation& to) { translate(node.as<P>(), to); }};
}

const auto& entries() {
    static const std::array kEntries{
        entry_of<activation_passes::Forward>(),
        entry_of<argmax_passes::Forward>(),
        entry_of<avg_pool2d_passes::Forward>(),
        entry_of<cast_passes::Forward>(),
        entry_of<channel_moments_passes::Forward>(),
        entry_of<compare_passes::Forward>(),
        entry_of<concat_passes::Forward>(),
        entry_of<conv2d_passes::Forward>(),
        entry_of<depthwise_conv2d_passes::Forward>(),
        entry_of<elementwise_binary_passes::Forward>(),
        entry_of<elementwise_unary_passes::Forward>(),
        entry_of<gather_passes::Forward>(),
        entry_of<global_average_pool_passes::Forward>(),
        entry_of<group_norm_passes::Forward>(),
        entry_of<index_select_passes::Forward>(),
        entry_of<linear_passes::Forward>(),
        entry_of<matmul_passes::Forward>(),
        entry_of<max_pool2d_passes::Forward>(),
        entry_of<normalize_passes::Forward>(),
        entry_of<normalize_max_pool2d_passes::Forward>(),
        entry_of<pad_passes::Forward>(),
        entry_of<pad_passes::Backward>(),
        entry_of<permute_passes::Forward>(),
        entry_of<quantize_passes::Forward>(),
        entry_of<quantize_passes::Inverse>(),
        entry_of<reduce_passes::Forward>(),
        entry_of<separable_conv2d_passes::Forward>(),
        entry_of<softmax_passes::Forward>(),
        entry_of<topk_passes::Forward>(),
        entry_of<where_passes::Forward>(),
    };
    return kEntries;
}

}  // namespace

void translate(const Node& node, Translation& to) {
    if (node.pass == nullptr) return translate_view(node, to);
    const auto found = std::ranges::find(entries(), node.pass, &Entry::pass);
    TERN_CHECK(found != entries().end(), "onnx", place_of(node), " (", node.pass->name,
               ") has no translation into ONNX");
    found->translate(node, to);
}

}  // namespace tern::onnx
