// Flags that name a file to write.
#pragma once

#include <cstdio>
#include <filesystem>
#include <vector>

#include "tern/apps/flags.hpp"
#include "tern/data/dataset.hpp"

namespace tern::apps {

/// Checks, before the work whose result goes there, that `file` can be written. Throws UsageError where
/// nothing is named, or one of `read`, the files that the command reads, by whatever name; Error where it
/// cannot be written.
void check_output_flag(std::string_view flag, const std::string& file,
                       const std::vector<std::filesystem::path>& read = {});

/// The files that a set was read from, for that; some may not exist.
std::vector<std::filesystem::path> files_of_set(const Dataset& data);

/// Where a command prints: standard output, or standard error where the file of `output` is standard output.
std::FILE* text_stream(const Flag& output);

}  // namespace tern::apps
