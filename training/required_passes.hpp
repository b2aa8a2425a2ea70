// What a device must be able to do to train.
#pragma once

#include <vector>

#include "tern/kernels/dispatch/op.hpp"

namespace tern {

/// The passes of operations that training and evaluating the models of the registry run, whatever the
/// optimizer; fused operations as the parts that a device without them runs.
std::vector<const Pass*> required_passes();

}  // namespace tern
