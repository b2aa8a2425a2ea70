#pragma once

#include "tern/kernels/dispatch/pass.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace tern::softmax_cross_entropy_passes {

struct Forward {
    const SoftmaxCrossEntropyParams& params;
    const Tensor& logits;  // (N, K)
    const Tensor& labels;  // (N) int32
    const Tensor& loss;    // a scalar: float32 for logits of 16 bits, else of their type
    TERN_PASS(Forward, softmax_cross_entropy, forward, (logits, labels), (loss))

    double flops() const { return 4.0 * static_cast<double>(logits.numel()); }
};

struct Backward {
    const SoftmaxCrossEntropyParams& params;
    const Tensor& logits;   // (N, K)
    const Tensor& labels;   // (N) int32
    const Tensor& dloss;    // as loss
    const Tensor& dlogits;  // as logits
    TERN_PASS(Backward, softmax_cross_entropy, backward, (logits, labels, dloss), (dlogits))

    double flops() const { return 4.0 * static_cast<double>(logits.numel()); }
};

struct RowsParams {
    double label_smoothing = 0;
    std::optional<std::int32_t> ignore_index = {};
    friend bool operator==(const RowsParams&, const RowsParams&) = default;
};

/// The losses of the rows, with what the plain loss does not have: either labels or probabilities are defined.
struct RowsForward {
    const RowsParams& params;
    const Tensor& logits;                     // (N, K)
    const Tensor& labels = kNoTensor;         // (N) int32
    const Tensor& probabilities = kNoTensor;  // as logits
    const Tensor& weight = kNoTensor;         // (K) of the type computed in, optional
    const Tensor& losses;                     // (N) of the type computed in
    const Tensor& row_weights;  // as losses: of the label, 0 if it is ignored; 1 for probabilities
    TERN_PASS(RowsForward, softmax_cross_entropy, rows_forward, (logits, labels, probabilities, weight),
              (losses, row_weights))

    double flops() const { return 8.0 * static_cast<double>(logits.numel()); }
};

struct RowsBackward {
    const RowsParams& params;
    const Tensor& logits;                     // (N, K)
    const Tensor& labels = kNoTensor;         // (N) int32
    const Tensor& probabilities = kNoTensor;  // as logits
    const Tensor& weight = kNoTensor;         // (K) of the type computed in, optional
    const Tensor& dlosses;                    // (N) of the type computed in
    const Tensor& dlogits;                    // as logits
    TERN_PASS(RowsBackward, softmax_cross_entropy, rows_backward,
              (logits, labels, probabilities, weight, dlosses), (dlogits))

    double flops() const { return 8.0 * static_cast<double>(logits.numel()); }
};

}  // namespace tern::softmax_cross_entropy_passes
