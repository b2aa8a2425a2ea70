// Precision, recall and F1 from a confusion matrix.
#pragma once

#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

struct ClassScores {
    double precision = 0, recall = 0, f1 = 0;
    std::int64_t support = 0;    // samples with this label
    std::int64_t predicted = 0;  // samples given this label
    std::int64_t correct = 0;    // samples of both kinds
    bool absent() const { return support == 0 && predicted == 0; }
};

struct ClassificationReport {
    double accuracy = 0;
    std::vector<ClassScores> classes;
    /// Means over the classes that are not absent, each counted once.
    double precision = 0, recall = 0, f1 = 0;
};

/// precision = correct / predicted, recall = correct / support, F1 = 2 correct / (predicted + support). A
/// quotient by zero is 0, and a class with neither label nor prediction is absent: out of the means
/// (scikit-learn's rules). confusion: (K, K) int64 on the CPU, row = label, column = prediction.
ClassificationReport make_report(const Tensor& confusion);

}  // namespace tern
