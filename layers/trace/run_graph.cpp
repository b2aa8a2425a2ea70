#include "tern/layers/trace/run_graph.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"

namespace tern {
namespace {

Tensor view_of(const Tensor& tensor, const Node& view, const Shape& shape) {
    const Tensor rows = view.rows ? tensor.slice(view.rows->begin, view.rows->end) : tensor;
    return rows.reshape(shape);
}

}  // namespace

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
        if (node.pass == nullptr) {
            at(node.outputs[0]) =
                view_of(at(node.inputs[0]), node, graph.value(node.outputs[0]).shape(samples));
            continue;
        }
        Tensors inputs, outputs;
        for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Tensor() : at(id));
        for (const ValueId id : node.outputs) {
            const bool left_out = id == kNoValue;
            outputs.push_back(left_out ? Tensor()
                                       : Tensor::empty(graph.value(id).shape(samples), graph.value(id).dtype,
                                                       input.device()));
            if (!left_out) at(id) = outputs.back();
        }
        run_problem({*node.pass, node.params.ref(), inputs, outputs});
    }
    return tensors;
}

}  // namespace tern
