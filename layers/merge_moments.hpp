// Mean and variance of a whole from those of its parts.
#pragma once

#include <cstdint>
#include <vector>

#include "tern/core/tensor.hpp"

namespace tern {

/// parts: (P, 2, S), of each part S means and S biased variances; samples: how many each part is of. Returns
/// those of all together, (2, S), merged pairwise in the order of tree_lefts(), so that a part may itself be
/// merged: with shares a and b of a pair, and d the difference of the means,
///   mean = mean_a + b d,  variance = a variance_a + b variance_b + a b d^2
/// (Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm for computing sample variances", 1979,
/// section 2). Parts without samples change nothing, whatever they hold; at least one must have some.
Tensor merge_moments(const Tensor& parts, const std::vector<std::int64_t>& samples);

}  // namespace tern
