// What a folder or a file is that was taken for a set in CIFAR-10's layout.
#pragma once

#include <filesystem>
#include <string>

namespace tern {

/// The rule of an error about a folder without CIFAR-10's binary files: "holds the Python version of
/// CIFAR-10, expected the binary one; tern data fetch brings it". Looks into `folder` and the folders in it;
/// "" where nothing is recognised.
std::string mistaken_set(const std::filesystem::path& folder);

/// The same of a file.
std::string mistaken_set_file(const std::filesystem::path& file);

}  // namespace tern
