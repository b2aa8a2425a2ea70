// CIFAR-10's binary files, and any other set in their layout.
#pragma once

#include <filesystem>

#include "tern/data/dataset_format.hpp"

namespace tern {

extern const DatasetFormat kCifar10Format;

/// Reads one split of what is in `folder` itself fully into memory: data_batch_1.bin to data_batch_5.bin and
/// test_batch.bin. Class names come from batches.meta.txt where there is one, else they are those of CIFAR-10.
/// Every size, sample count and label is checked; throws Error that names the file, the rule and the value.
/// The files of the other split need not exist. So that a file cut between two samples is noticed, training
/// files must have equal counts, the fifth up to 4 fewer or 5 more; with 10,000 each, as published, all that
/// are there must have that. read_dataset() finds the folder first.
Dataset read_cifar10(const std::filesystem::path& folder, Split split);

/// Writes the six files (of sets on the CPU) and batches.meta.txt as a new folder, the training samples
/// spread over five files. All of it or nothing: written aside, then renamed. Throws Error if the folder is
/// there and not empty, or the numbers do not fit.
void write_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

}  // namespace tern
