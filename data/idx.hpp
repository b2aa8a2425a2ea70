// IDX files, as MNIST, Fashion-MNIST and KMNIST are published in.
#pragma once

#include <filesystem>

#include "tern/data/dataset_format.hpp"

namespace tern {

extern const DatasetFormat kIdxFormat;

/// Maps the images (R, H, W, 1) of one split of what is in `folder` itself, and reads its labels:
/// train-images-idx3-ubyte and train-labels-idx1-ubyte, or those that begin with t10k; train-images.idx3-ubyte
/// is the same. As the files name no classes, these are "0", "1", ... up to the largest label of the training
/// files, or of the test files where there are no others. Every size and label is checked; throws Error that
/// names the file, the rule and the value. read_dataset() finds the folder first.
Dataset read_idx(const std::filesystem::path& folder, Split split);

}  // namespace tern
