// What a folder or a file is that was taken for a set in CIFAR-10's layout.
#pragma once

#include <filesystem>
#include <string>

namespace tern {

/// The rule of an error about a folder without CIFAR-10's binary files: "holds CIFAR-100, expected the
/// binary one of CIFAR-10 (cifar-10-binary.tar.gz)". Looks into `folder` and the folders in it; "" where
/// nothing is recognised.
std::string mistaken_set(const std::filesystem::path& folder);

/// The same of a file.
std::string mistaken_set_file(const std::filesystem::path& file);

}  // namespace tern
