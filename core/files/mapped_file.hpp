// A file's bytes as memory.
#pragma once

#include <filesystem>
#include <memory>

#include "tern/core/memory/storage.hpp"

namespace tern {

/// The whole file as a read-only storage on the CPU, none of it read yet: pages come from the disk when they
/// are looked at and cost no memory that the system could not take back. The file may be replaced while it is
/// mapped, not cut: reading behind its new end ends the program. Throws Error that names the path.
std::shared_ptr<Storage> map_file(const std::filesystem::path& path);

}  // namespace tern
