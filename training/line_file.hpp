// A file that grows line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "tern/core/files/file_descriptor.hpp"

namespace tern {

/// Readers see whole lines at any time. Lines that a full disk does not take wait in memory.
class LineFile {
  public:
    /// Keeps the first `keep_bytes` of what is there, or those whole lines that are left of them; 0 starts an
    /// empty file. Throws Error that names the file.
    explicit LineFile(const std::filesystem::path& path, std::int64_t keep_bytes = 0);

    /// Throws Error if the line, and those that waited, could not be written; they wait for the next call
    /// then, and nothing of them is in the file.
    void append(std::string_view line);
    /// Writes what waits, and returns when the lines are on the disk.
    void sync();
    /// Of the lines in the file.
    std::int64_t bytes() const { return bytes_; }
    const std::filesystem::path& path() const { return file_.path(); }

  private:
    void write();
    void take_back() const;

    FileDescriptor file_;
    std::int64_t bytes_;
    std::string waiting_;
};

}  // namespace tern
