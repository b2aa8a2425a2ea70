// What training and evaluation count, added up where the tensors are: read once per epoch.
#pragma once

#include "tern/core/tensor.hpp"

namespace tern {

struct MeanParams {
    std::int64_t count = 0;  // samples that the mean is of
};

struct CorrectParams {
    std::int64_t top_k = 1;
};

/// total += {count * mean, count}, in place, and other += {mean, 1} unless it is undefined. total, other: (2) float64, not the same;
/// mean: one floating number. No gradient.
void accumulate_mean(const Tensor& total, const Tensor& mean, std::int64_t count, const Tensor& other = {});

/// total += {number of n whose label is one of the first `top_k` predictions, N}, in place. total: (2)
/// float64; logits: (N, K) floating; labels: (N) int32; one outside [0, K) is not right. Classes are ranked by
/// falling logit, NaNs before numbers, equal ones by their order: the first is PyTorch's argmax. No gradient.
void accumulate_correct(const Tensor& total, const Tensor& logits, const Tensor& labels,
                        std::int64_t top_k = 1);

/// matrix[labels[n]][prediction[n]] += 1 for every n, the prediction the first of the ranked classes. matrix:
/// (K, K) int64. A label outside [0, K) is not counted.
void confusion_matrix(const Tensor& matrix, const Tensor& logits, const Tensor& labels);

}  // namespace tern
