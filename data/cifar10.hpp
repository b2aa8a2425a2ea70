// Reads CIFAR-10's binary files, and any other set in their layout.
#pragma once

#include <filesystem>

#include "tern/data/dataset.hpp"

namespace tern {

/// Reads one split fully into memory. `folder` holds data_batch_1.bin to data_batch_5.bin and test_batch.bin,
/// or has one sub-folder that does. Class names come from batches.meta.txt where there is one, else they are
/// those of CIFAR-10. Every size, record count and label is checked; throws Error that names the file, the
/// rule and the value. All six files must be there, whichever split is read. So that a file cut between two
/// records is noticed, training files must have equal counts, the fifth up to 4 fewer; with 10,000 each, as
/// published, all six must have that.
Dataset read_cifar10(const std::filesystem::path& folder, Split split);

/// Writes the six files and batches.meta.txt into `folder`, which is made if need be. The training records
/// are spread evenly over five files: at least 5, and at least one for tests.
void write_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

}  // namespace tern
