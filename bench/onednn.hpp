// oneDNN as a peer on the shapes of a problem: for comparison alone, tern uses nothing of it.
#pragma once

#include <functional>

#include "tern/kernels/dispatch/op.hpp"

namespace tern::bench {

/// Whether this build found the library.
bool has_onednn();

/// Whether oneDNN, where this build has it, has a pass: those of convolutions, linear layers, matmul, pools,
/// batch_norm, softmax and activation, and the forward passes of normalize and elementwise_binary.
bool onednn_has(const Pass& pass);

/// A problem of float32 done by oneDNN on num_threads() threads, at once and again at every call: from its
/// inputs in their layouts to its outputs, weights packed anew every time as a step has to; linear layers as
/// 1x1 convolutions. Empty for a pass that it has not, and for a kind of it: residuals, some activations,
/// pow, dilated pools. What the problem refers to must live as long.
std::function<void()> onednn_call(const Problem& problem);

}  // namespace tern::bench
