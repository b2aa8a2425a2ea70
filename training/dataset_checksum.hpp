// Whether a run that is resumed has the samples that it had before.
#pragma once

#include <string>

#include "tern/data/dataset.hpp"

namespace tern {

/// xxh128() of the samples and that of the targets, one after the other; both on the CPU. Images of three
/// channels are summed as planes, as CIFAR-10's files have them and as runs of older versions were. Of tensors
/// beyond a gigabyte 1,024 blocks of 64 KiB are summed, at equal distances from the first to the last.
std::string dataset_checksum(const Dataset& dataset);

}  // namespace tern
