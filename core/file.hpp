// Files: read whole, or written so that a crash leaves the old file or the new one, never half of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace tern {

/// Bytes of a regular file; throws Error that names the path and what is there instead.
std::int64_t size_of_file(const std::filesystem::path& path);

/// Reads the whole file, which must hold exactly `into.size()` bytes.
void read_file(const std::filesystem::path& path, std::span<std::byte> into);

/// Writes the bytes to a new file beside `path`, syncs it, renames it to `path` and syncs the folder. On
/// failure throws Error, and what `path` was before is still there.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace tern
