// Reads CIFAR-10's binary files, and any other set in their layout.
#pragma once

#include <filesystem>

#include "tern/data/dataset.hpp"

namespace tern {

/// Reads one split fully into memory. `folder` holds data_batch_1.bin to data_batch_5.bin and test_batch.bin,
/// or there is one folder that does in it or in a folder in it. Class names come from batches.meta.txt where
/// there is one, else they are those of CIFAR-10. Every size, sample count and label is checked; throws Error
/// that names the file, the rule and the value, or says what `folder` is instead. The files of the other
/// split need not exist. So that a file cut between two samples is noticed, training files must have equal
/// counts, the fifth up to 4 fewer or 5 more; with 10,000 each, as published, all that are there must have
/// that.
Dataset read_cifar10(const std::filesystem::path& folder, Split split);

struct FileSamples {
    std::string file;
    std::int64_t samples = 0;
};

/// The six files in the order of the samples, with the same checks of names and sizes. The files of one split
/// may be missing: they have 0 samples.
std::vector<FileSamples> list_cifar10(const std::filesystem::path& folder);

/// Whether one of those files is in `folder` itself.
bool holds_cifar10(const std::filesystem::path& folder);

/// Throws Error unless `folder` does not exist or is empty, and could be made or replaced: for use before
/// work whose result goes there.
void check_vacant(const std::filesystem::path& folder);

/// Writes the six files (of sets on the CPU) and batches.meta.txt as a new folder, the training samples
/// spread over five files. All of it or nothing: written aside, then renamed. Throws Error if the folder is
/// there and not empty, or the numbers do not fit.
void write_cifar10(const std::filesystem::path& folder, const Dataset& train, const Dataset& test);

}  // namespace tern
