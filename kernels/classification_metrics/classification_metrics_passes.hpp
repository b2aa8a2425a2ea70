#pragma once

#include "tern/kernels/dispatch/pass.hpp"

namespace tern::classification_metrics_passes {

struct Totals {                // new_totals = totals + (N loss, how many are right, N)
    const Tensor& totals;      // float64 (3)
    const Tensor& logits;      // (N, K)
    const Tensor& labels;      // int32 (N)
    const Tensor& loss;        // scalar, the mean of the batch
    const Tensor& new_totals;  // may be the same tensor as totals
    TERN_PASS(Totals, classification_metrics, totals, (totals, logits, labels, loss), (new_totals))

    double flops() const { return static_cast<double>(logits.numel()); }
};

struct Confusion {             // new_matrix[label, prediction] = matrix[...] + how many there are of them
    const Tensor& matrix;      // int64 (K, K)
    const Tensor& logits;      // (N, K)
    const Tensor& labels;      // int32 (N)
    const Tensor& new_matrix;  // may be the same tensor as matrix
    TERN_PASS(Confusion, classification_metrics, confusion, (matrix, logits, labels), (new_matrix))

    double flops() const { return static_cast<double>(logits.numel()); }
};

}  // namespace tern::classification_metrics_passes
