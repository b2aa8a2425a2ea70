// A graph as operations that run.
#pragma once

#include "tern/layers/trace/graph.hpp"

namespace tern {

/// What a node of the graph gives, by its outputs, for its inputs, each undefined where it is left out, and so many samples. A view takes any
/// type. Differentiable.
Tensors run_node(const Graph& graph, const Node& node, const Tensors& inputs, std::int64_t samples);

/// All values of the graph for an input (N, ...), by their ids, on its device: what the operations give that the model ran when
/// its layers ran one by one.
Tensors run_graph(const Graph& graph, const Tensor& input);

}  // namespace tern
