// How far one step in float32 may be off, batch 64 of the golden files.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "tern/tests/golden/networks.hpp"

namespace tern::test {

/// Of the logits' norm.
inline constexpr double kLogitsBound = 1e-5;

/// What logits (N, classes) that are off by that much can do to the mean loss, whose gradient in the logits
/// of a sample has a norm of at most sqrt(2) / N: sqrt(2) / sqrt(N) times their error.
inline double loss_bound(const Tensor& logits) {
    return std::sqrt(2.0 / static_cast<double>(logits.dim(0))) * kLogitsBound * norm_of(logits);
}

/// Of a gradient's norm: 4 times PyTorch's own distance. Of PyTorch's two results the nearer one is the
/// measure where that is rounding alone, 1e-7, which holds behind the last pool; else the further one.
/// A distance below 2^-24, what rounding a result once may cost, is luck and counts as that much: PyTorch's
/// of mini_xception's head.fc2.bias is 4.5e-8, and with AVX-512 tern's two results were 2.1e-7 from each
/// other.
///
/// Before the last pool the distance is that of a few ReLUs and pool windows whose inputs tie to within 2e-6
/// and fall on the other side. How many do is luck. mini_xception_dense, exit_flow.3.weight: PyTorch's nearer
/// result met no tie at the pool (4.5e-6); in the same memory format on another CPU PyTorch turned 12 ReLUs
/// and 3 windows (2.6e-4), tern 12 and 3 (2.5e-4). Given tern's 15 choices, PyTorch in float64 is
/// within 2.2e-6 of all of tern's gradients. The further result has more than a hundred of them, which is
/// no matter of luck.
inline double allowed_distance(const Json& gradient) {
    const std::vector<double> distances = gradient["distance"];
    const auto [nearer, further] = std::ranges::minmax(distances);
    return 4 * (nearer < 1e-6 ? std::max(nearer, 0x1p-24) : further);
}

}  // namespace tern::test
