// One model out of several.
#pragma once

#include <span>

#include "tern/training/weights.hpp"

namespace tern {

/// The mean of the tensors of several weight files of one model, weighted by `shares`, one for each above 0; sums in float64.
/// Whole numbers, which count batches, are those of the first. Running statistics are averaged too, and should be taken
/// anew (take_precise_statistics()): they are those of other weights ("Averaging Weights Leads to Wider Optima and Better
/// Generalization", Izmailov et al. 2018, section 3.2). Throws Error that names the file unless all were made by tern for
/// the same model, classes, images and normalization, and hold the same tensors.
Weights average_weights(std::span<const Weights> members, std::span<const double> shares);

}  // namespace tern
