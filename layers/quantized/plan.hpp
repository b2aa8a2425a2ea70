// Which operations of a graph run in 8 bits, and which of them as one.
#pragma once

#include <string>
#include <vector>

#include "tern/kernels/shared/window.hpp"
#include "tern/layers/trace/graph.hpp"

namespace tern {

/// One operation of an 8-bit model.
struct QuantizedStep {
    enum class Kind : std::uint8_t {
        convolution,   // of bytes: conv2d, linear
        separable,     // a depthwise convolution and the 1x1 convolution of what it gives
        max_pool,      // of bytes
        average_pool,  // of bytes, global
        view,          // of bytes
        node           // any other operation, in float32
    };
    /// Weights of a convolution, by their values in the graph.
    struct Weights {
        std::string name;  // of the layer: "entry.conv1"
        ValueId weight = kNoValue, bias = kNoValue;
        ValueId output = kNoValue;  // after all that follows in the same step
    };

    Kind kind = Kind::node;
    std::size_t node = 0;  // the first of those that the step is made of
    ValueId input = kNoValue, residual = kNoValue, output = kNoValue;
    bool cuts_off = false;  // it ends in relu or relu6
    bool gives_bytes = false;
    std::vector<Weights> weights;  // of a separable one first the depthwise ones
    Window2d window;
};

/// The steps in an order in which they can run. A batch norm that was folded, a residual and relu or relu6 behind a
/// convolution are parts of its step. Where nothing but float32 operations, or the model's caller, reads what a dense
/// convolution gives, and it does not end in relu or relu6, which the ends of bytes are, it gives float32.
std::vector<QuantizedStep> plan_of(const Graph& graph);

}  // namespace tern
