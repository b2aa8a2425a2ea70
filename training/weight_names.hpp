// Names of tensors as the wrappers of other programs leave them.
#pragma once

#include <string>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

/// `tensors` under the names of the model that they fit best. Taken off are the parts of a name that
/// PyTorch's wrappers add wherever they stand ("module" of DataParallel and DistributedDataParallel,
/// "_orig_mod" of torch.compile, those of FSDP and activation checkpoints), and what all names begin with,
/// such as "model.": as far as this makes more of them names of `wanted`, the model's. Order and elements
/// stay.
NamedTensors with_names_of(const NamedTensors& wanted, NamedTensors tensors);

}  // namespace tern
