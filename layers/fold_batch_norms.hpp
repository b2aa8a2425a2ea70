// Batch norms in the weights of the layers before them, for inference.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// Takes every batch norm that can be into the weights of the layer before it. In evaluation mode the model
/// computes the same but for rounding, with fewer passes over memory; it keeps its names and is not to be
/// trained any more. Load the weights before.
///
/// Which layer gives what a batch norm reads is found by running the model once, on zeros of the shape
/// `input`. A pair stays as it is where one of the two runs more than once, where anything else reads what
/// lies between them or the layer's weights, and where the layer can take no scale and shift of its outputs.
/// What the model reads by itself, past the operations, is not seen.
void fold_batch_norms(Module& model, const Shape& input);

/// Whether normalize() by these gives what it gets but for rounding, as by those of a batch norm that was folded: weight 1,
/// bias and mean 0, and a variance that is 1 with `epsilon`. No, where one is undefined.
bool normalizes_nothing(const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
                        double epsilon);

}  // namespace tern
