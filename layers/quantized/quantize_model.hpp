// From a trained model to one in 8 bits.
#pragma once

#include <memory>

#include "tern/layers/quantized/quantized_model.hpp"
#include "tern/layers/quantized/ranges.hpp"

namespace tern {

/// The 8-bit model of a float32 one, whose batch norms are folded by it. `batches`: images as the model takes them, (N, ...), float32; from what
/// the model makes of them follow the ranges of its values. Channels between the two convolutions of a separable one are brought to
/// alike ranges first, by factors that its weights take (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
/// Correction", ICCV 2019, section 4.1). Throws Error for no images, and numbers that are not finite.
std::unique_ptr<QuantizedModel> quantize_model(Module& model, const Tensors& batches,
                                               RangeMethod method = RangeMethod::mean_squared_error);

}  // namespace tern
