// What the classes of a row should be, for every implementation but ref.
#pragma once

#include <limits>

#include "tern/core/macros.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy_passes.hpp"

namespace tern::softmax_cross_entropy_passes {

/// T: the type of the probabilities.
template <class T>
struct RowTarget {
    const std::int32_t* labels;  // (N), or null
    const T* probabilities;      // (N, K), or null
    const float* weight;         // (K), or null
    float smoothing, per_class;  // s, s / K
    bool ignores;
    std::int32_t ignored, classes;

    template <class P>
    explicit RowTarget(const P& pass)
        : labels(pass.labels.defined() ? pass.labels.template data<std::int32_t>() : nullptr),
          probabilities(pass.probabilities.defined() ? pass.probabilities.template data<T>() : nullptr),
          weight(pass.weight.defined() ? pass.weight.template data<float>() : nullptr),
          smoothing(static_cast<float>(pass.params.label_smoothing)),
          per_class(
              static_cast<float>(pass.params.label_smoothing / static_cast<double>(pass.logits.dim(1)))),
          ignores(pass.params.ignore_index.has_value()),
          ignored(pass.params.ignore_index.value_or(0)),
          classes(static_cast<std::int32_t>(pass.logits.dim(1))) {}

    TERN_HOST_DEVICE bool is_ignored(std::int64_t row) const {
        return labels != nullptr && ignores && labels[row] == ignored;
    }
    /// Not a label outside [0, K).
    TERN_HOST_DEVICE bool is_known(std::int64_t row) const {
        return labels == nullptr || (labels[row] >= 0 && labels[row] < classes);
    }
    /// Of a row that is neither ignored nor unknown: w[k] t[row,k].
    TERN_HOST_DEVICE float at(std::int64_t row, std::int64_t k) const {
        const float wanted = labels != nullptr ? static_cast<float>(k == labels[row])
                                               : static_cast<float>(probabilities[row * classes + k]);
        const float smoothed = (1 - smoothing) * wanted + per_class;
        return weight != nullptr ? weight[k] * smoothed : smoothed;
    }
    /// What the row counts in the mean.
    TERN_HOST_DEVICE float row_weight(std::int64_t row) const {
        if (is_ignored(row)) return 0;
        if (!is_known(row)) return std::numeric_limits<float>::quiet_NaN();
        return labels != nullptr && weight != nullptr ? weight[labels[row]] : 1.0f;
    }
};

}  // namespace tern::softmax_cross_entropy_passes
