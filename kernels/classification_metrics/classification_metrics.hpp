// Loss, accuracy and confusion counts, added up where the tensors are: read once per epoch.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

/// Adds a batch to `totals` (3) float64 = {sum of losses, correct predictions, samples}, in place:
///   totals += {N * loss, number of n with prediction[n] == labels[n], N}
/// logits: (N, K) floating; labels: (N) int32; loss: the batch's mean, a floating scalar. The prediction is
/// the class of the first NaN of a row, else of its first largest logit (PyTorch's argmax). No gradient.
void classification_metrics(const Tensor& totals, const Tensor& logits, const Tensor& labels,
                            const Tensor& loss);

/// matrix[labels[n]][prediction[n]] += 1 for every n. matrix: (K, K) int64. A label outside [0, K) is not
/// counted.
void confusion_matrix(const Tensor& matrix, const Tensor& logits, const Tensor& labels);

}  // namespace tern
