// A graph as operations that run.
#pragma once

#include "tern/layers/trace/graph.hpp"

namespace tern {

/// All values of the graph for an input (N, ...), by their ids, on its device: what the operations give that the model ran when
/// its layers ran one by one.
Tensors run_graph(const Graph& graph, const Tensor& input);

}  // namespace tern
