#include "tern/layers/trace/run_graph.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/cast/cast_passes.hpp"
#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/elementwise_loss/elementwise_loss_passes.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary_passes.hpp"
#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/global_average_pool/global_average_pool_passes.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/pad/pad_passes.hpp"
#include "tern/kernels/permute/permute_passes.hpp"
#include "tern/kernels/reduce/reduce_passes.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"
#include "tern/kernels/topk/topk_passes.hpp"
#include "tern/kernels/where/where_passes.hpp"

namespace tern {
namespace {

// Tells the tape that a pass ran, if it is one of these; says whether it is.
template <TypedPass... P>
bool record_one_of(const Problem& problem) {
    return ((&problem.pass == &info_of<P>() && (record_grad(as_pass<P>(problem)), true)) || ...);
}

// What models run in evaluation mode and can be differentiated. A crop is a pad's backward pass.
bool has_recorded(const Problem& problem) {
    return record_one_of<
        activation_passes::Forward, avg_pool2d_passes::Forward, cast_passes::Forward,
        channel_moments_passes::Forward, concat_passes::Forward, conv2d_passes::Forward,
        depthwise_conv2d_passes::Forward, elementwise_binary_passes::Forward,
        elementwise_loss_passes::Forward, elementwise_unary_passes::Forward, gather_passes::Forward,
        global_average_pool_passes::Forward, group_norm_passes::Forward, index_select_passes::Forward,
        linear_passes::Forward, matmul_passes::Forward, max_pool2d_passes::Forward, normalize_passes::Forward,
        pad_passes::Forward, pad_passes::Backward, permute_passes::Forward, reduce_passes::Forward,
        softmax_passes::Forward, softmax_cross_entropy_passes::Forward,
        softmax_cross_entropy_passes::RowsForward, topk_passes::Forward, where_passes::Forward>(problem);
}

void record(const Problem& problem) {
    const auto wants = [](const Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); };
    if (!grad_enabled() || std::ranges::none_of(problem.inputs, wants)) return;
    if (!is_floating(problem.outputs[0].dtype())) return;
    TERN_ASSERT(has_recorded(problem));
}

}  // namespace

Tensors run_node(const Graph& graph, const Node& node, const Tensors& inputs, std::int64_t samples) {
    if (node.pass == nullptr) {
        const Tensor rows = node.rows ? inputs[0].slice(node.rows->begin, node.rows->end) : inputs[0];
        return {rows.reshape(graph.value(node.outputs[0]).shape(samples))};
    }
    const auto given = std::ranges::find_if(inputs, [](const Tensor& tensor) { return tensor.defined(); });
    const Device device = given == inputs.end() ? Device::cpu() : given->device();
    Tensors outputs;
    for (const ValueId id : node.outputs)
        outputs.push_back(id == kNoValue
                              ? Tensor()
                              : Tensor::empty(graph.value(id).shape(samples), graph.value(id).dtype, device));
    const Problem problem{*node.pass, node.params.ref(), inputs, outputs};
    run_problem(problem);
    record(problem);
    return outputs;
}

Tensors run_graph(const Graph& graph, const Tensor& input) {
    const NoGrad no_grad;
    TERN_CHECK(input.rank() >= 1, "graph", "the input must be (N, ...), got ", input.shape());
    const std::int64_t samples = input.dim(0);
    TERN_CHECK(input.shape() == graph.value(graph.input).shape(samples) &&
                   input.dtype() == graph.value(graph.input).dtype,
               "graph", "the input must be ", graph.value(graph.input).dtype, ' ',
               graph.value(graph.input).shape(samples), ", got ", input);
    Tensors tensors(graph.values.size());
    for (std::size_t id = 0; id < tensors.size(); ++id)
        if (graph.values[id].constant.defined()) tensors[id] = graph.values[id].constant.to(input.device());
    const auto at = [&](ValueId id) -> Tensor& { return tensors.at(static_cast<std::size_t>(id)); };
    at(graph.input) = input;
    for (const Node& node : graph.nodes) {
        Tensors inputs;
        for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Tensor() : at(id));
        const Tensors outputs = run_node(graph, node, inputs, samples);
        for (std::size_t k = 0; k < outputs.size(); ++k)
            if (node.outputs[k] != kNoValue) at(node.outputs[k]) = outputs[k];
    }
    return tensors;
}

}  // namespace tern
