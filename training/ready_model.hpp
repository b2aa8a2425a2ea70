// A model that only runs: with the weights of a file, and made ready for it.
#pragma once

#include <memory>
#include <string>

#include "tern/layers/quantized/quantized_model.hpp"
#include "tern/training/weights.hpp"

namespace tern {

/// Loads the weights into `model`, the model of name `name` for images (H, W, C), and moves it to the device, in evaluation mode. On
/// the CPU batch norms are folded. A file in 8 bits makes a QuantizedModel of it. Throws Error where the file is of another model,
/// its weights do not fit, or it is in 8 bits and device and precision are not the CPU and float32.
std::unique_ptr<Module> ready_model(std::unique_ptr<Module> model, const std::string& name,
                                    const Shape& image, const Weights& weights, Device device,
                                    DType precision);

/// That QuantizedModel, from a file whose info is of a model in 8 bits. `model` is changed.
std::unique_ptr<QuantizedModel> model_in_8_bits(Module& model, const std::string& name, const Shape& image,
                                                const Weights& weights);

}  // namespace tern
