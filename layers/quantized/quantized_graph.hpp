// What a model in 8 bits computes, as a graph of float32 operations.
#pragma once

#include "tern/layers/quantized/quantized_model.hpp"
#include "tern/layers/trace/graph.hpp"

namespace tern {

/// Convolutions, linear layers, sums and pools in float32. What the model has as bytes goes through quantize() and dequantize(), which
/// cuts off what a ReLU would; weights and biases are the numbers that they stand for, and have those they are made of beside
/// them (Value::whole). It gives what the model gives but for float32's rounding of sums, which now and then makes a byte its
/// neighbour. Throws Error where a scale is not above 0, as before load_state().
Graph quantized_graph(const QuantizedModel& model);

}  // namespace tern
