// CIFAR-100's binary files.
#pragma once

#include <filesystem>

#include "tern/data/dataset_format.hpp"

namespace tern {

extern const DatasetFormat kCifar100Format;

/// Reads one split of what is in `folder` itself fully into memory, images (R, 32, 32, 3): train.bin or
/// test.bin, of any number of samples. `labels` are those of the 100 classes or of the 20 groups of five that
/// these are in. Names come from fine_label_names.txt or coarse_label_names.txt where there is one, else they
/// are the published ones. Every size and both labels of every sample are checked; throws Error that names the
/// file, the rule and the value. read_dataset() finds the folder first.
Dataset read_cifar100(const std::filesystem::path& folder, Split split, LabelKind labels = LabelKind::fine);

}  // namespace tern
