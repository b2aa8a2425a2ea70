// Folders that a data set is written into.
#pragma once

#include <filesystem>
#include <functional>

namespace tern {

/// Throws Error unless `folder` does not exist or is empty, and could be made or replaced: for use before
/// work whose result goes there.
void check_vacant(const std::filesystem::path& folder);

/// Lets `fill` write files into what becomes `folder`, all of it or nothing: written aside, then renamed.
/// Throws Error unless check_vacant().
void write_new_folder(const std::filesystem::path& folder,
                      const std::function<void(const std::filesystem::path&)>& fill);

}  // namespace tern
