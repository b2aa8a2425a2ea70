// What a folder or a file is that was taken for a data set.
#pragma once

#include <filesystem>
#include <string>

namespace tern {

/// The rule of an error about a folder without a set in one of dataset_formats(): "holds the Python version of
/// CIFAR-100, expected the binary one (cifar-100-binary.tar.gz)". Looks into `folder` and the folders in it;
/// "" where nothing is recognised.
std::string mistaken_set(const std::filesystem::path& folder);

/// The same of a file.
std::string mistaken_set_file(const std::filesystem::path& file);

/// What to do about an archive: "gunzip FILE unpacks it".
std::string advice_of_archive(const std::filesystem::path& file);

}  // namespace tern
