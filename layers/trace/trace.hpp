// From a module to the graph of what it computes.
#pragma once

#include "tern/layers/module.hpp"
#include "tern/layers/trace/graph.hpp"

namespace tern {

/// What the model computes in evaluation mode for inputs (N, ...) of any number N of samples of the shape `sample`,
/// operation by operation; operations that nothing depends on are left out. The model is as before afterwards.
///
/// It is found by running the model for two inputs, random numbers of 2 and of 5 samples. What is not the input, nor what an
/// operation gave, nor a parameter or buffer is a constant by its elements, which must be those of both runs. Throws Error where
/// the graph would not be what the model computes: where both did not run the same operations on the same values, a constant or
/// a parameter of an operation depends on the input, memory is changed in place, the output comes from no operation
/// that was seen, or an extent is no multiple of N and not the same for all N. What depends on the input in another way,
/// such as a branch that both took, is not seen.
Graph trace(Module& model, const Shape& sample);

}  // namespace tern
