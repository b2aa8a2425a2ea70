// Loading weights by name.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// Copies `source` into the tensors of `target` that bear the same names; any device. Throws Error, one line,
/// before anything is changed: unless both hold exactly the same names, each once, with the same shapes.
/// Numbers are converted as cast() does it, but never integers into floating-point ones. `where` starts the
/// message: the file that the tensors are from.
void load_state(const NamedTensors& target, const NamedTensors& source,
                std::string_view where = "load_state");

/// The same for the parameters and buffers of `module`, module.state(). `left_out` names parts of it, layers
/// ("head.fc2") or tensors ("head.fc2.bias"), that keep what they have: whatever `source` holds of them is
/// skipped. That is how trained weights get a new head. Throws Error for a part that the module does not
/// have. Running statistics may come without `num_batches_tracked`, which is 0 then; see
/// BatchNorm2d::keep_uncounted_statistics().
void load_state(Module& module, const NamedTensors& source, std::string_view where = "load_state",
                const std::vector<std::string>& left_out = {});

}  // namespace tern
