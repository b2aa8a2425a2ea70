// The tables of `tern evaluate`.
#pragma once

#include <string>
#include <vector>

#include "tern/training/classification_report.hpp"

namespace tern::apps {

/// A line for each class, then the macro means.
std::string scores_table(const ClassificationReport& report, const std::vector<std::string>& names);

/// confusion: (K, K) int64 on the CPU, row = label. In colour a cell is the darker the larger its share of
/// the row, green on the diagonal and red elsewhere (xterm's 256 colours).
std::string confusion_table(const Tensor& confusion, const std::vector<std::string>& names, bool colour);

}  // namespace tern::apps
