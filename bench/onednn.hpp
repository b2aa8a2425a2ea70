// oneDNN as a peer on the shapes of a problem: for comparison alone, tern uses nothing of it.
#pragma once

#include <optional>

#include "tern/kernels/op.hpp"

namespace tern::bench {

/// Whether this build found the library.
bool has_onednn();

/// The median_seconds_of() a problem on num_threads() threads: from its inputs in their layouts, weights
/// packed anew every time as a step has to. None for a pass other than those of convolutions, linear layers
/// (as 1x1 convolutions) and pools, and where oneDNN refuses it. Its outputs stay as they are.
std::optional<double> onednn_seconds(const Problem& problem);

}  // namespace tern::bench
