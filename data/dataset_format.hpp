// The layouts of files that data sets come in: a line each in dataset_format.cpp.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/data/dataset.hpp"

namespace tern {

struct FileSamples {
    std::string file;
    std::int64_t samples = 0;
};

/// Which of several label columns to take.
enum class LabelKind : std::uint8_t { fine, coarse };

struct ReadOptions {
    LabelKind labels = LabelKind::fine;  // of CIFAR-100; other sets have no coarse ones
};

struct DatasetFormat {
    std::string_view name;   // "CIFAR-10's binary files"
    std::string_view files;  // "data_batch_1.bin to data_batch_5.bin, test_batch.bin"
    /// Whether one of those files is in `folder` itself.
    bool (*is_in)(const std::filesystem::path& folder);
    /// Reads or maps one split that is in `folder` itself; the files of the other need not exist.
    Dataset (*read)(const std::filesystem::path& folder, Split split, const ReadOptions& options);
    /// The files with samples, in the order of these; those of one split may be missing and have 0.
    std::vector<FileSamples> (*list)(const std::filesystem::path& folder);
    /// Names of all files that read() may look at.
    std::vector<std::string> (*file_names)();
    /// Whether samples have labels of both kinds.
    bool has_coarse_labels = false;
};

std::span<const DatasetFormat> dataset_formats();

struct FoundDataset {
    std::filesystem::path folder;
    const DatasetFormat* format;
};

/// A set in one of those layouts in `folder` itself, or in the only folder that has one in it or, failing
/// that, in a folder in it. Throws Error where there is none, which says what `folder` is instead, or several.
FoundDataset find_dataset(const std::filesystem::path& folder);

/// Finds the set and reads one split of it. Every size, count and label is checked; throws Error that names
/// the file, the rule and the value, and where a set without coarse labels is asked for them.
Dataset read_dataset(const std::filesystem::path& folder, Split split, const ReadOptions& options = {});

}  // namespace tern
