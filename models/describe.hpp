// What a model consists of: the table of `tern summary`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

struct LayerDescription {
    std::string name, type;
    Shape output;
    std::int64_t parameters = 0;        // trainable elements
    std::int64_t running = 0;           // elements of running statistics
    std::int64_t multiply_adds = 0;     // convolutions and linear layers
    std::int64_t activation_bytes = 0;  // of the output
};

struct ModelDescription {
    std::vector<LayerDescription> layers;  // those without children, in the order in which they run
    LayerDescription total;                // no name, the type and output of the model
};

/// For an input of that shape, in the model's own dtype and on its device. Runs one forward pass in
/// evaluation mode on zeros; the model is as before afterwards.
ModelDescription describe(Module& model, const Shape& input);

}  // namespace tern
