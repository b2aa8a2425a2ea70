#include "tern/layers/trace/run_graph.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"

namespace tern {

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
    run_problem({*node.pass, node.params.ref(), inputs, outputs});
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
