#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/metrics/metrics.hpp"

namespace tern::metrics_passes {

struct Mean {  // new_total = total + (count mean, count), new_other = other + (mean, 1)
    const MeanParams& params;
    const Tensor& total;              // float64 (2)
    const Tensor& other = kNoTensor;  // as total, optional
    const Tensor& mean;               // scalar
    const Tensor& new_total;          // may be the same tensor as total
    const Tensor& new_other = kNoTensor;
    TERN_PASS(Mean, metrics, mean, (total, other, mean), (new_total, new_other))
};

struct Correct {  // new_total = total + (how many are right, N)
    const CorrectParams& params;
    const Tensor& total;      // float64 (2)
    const Tensor& logits;     // (N, K)
    const Tensor& labels;     // int32 (N)
    const Tensor& new_total;  // may be the same tensor as total
    TERN_PASS(Correct, metrics, correct, (total, logits, labels), (new_total))

    double flops() const { return static_cast<double>(logits.numel()); }
};

struct Confusion {             // new_matrix[label, prediction] = matrix[...] + how many there are of them
    const Tensor& matrix;      // int64 (K, K)
    const Tensor& logits;      // (N, K)
    const Tensor& labels;      // int32 (N)
    const Tensor& new_matrix;  // may be the same tensor as matrix
    TERN_PASS(Confusion, metrics, confusion, (matrix, logits, labels), (new_matrix))

    double flops() const { return static_cast<double>(logits.numel()); }
};

}  // namespace tern::metrics_passes
