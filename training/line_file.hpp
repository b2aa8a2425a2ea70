// A file that grows line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "tern/core/file_descriptor.hpp"

namespace tern {

/// Readers see whole lines at any time.
class LineFile {
  public:
    /// Keeps the first `keep_bytes` of what is there; 0 starts an empty file. Throws Error that names the
    /// file, also if it is shorter than that.
    explicit LineFile(const std::filesystem::path& path, std::int64_t keep_bytes = 0);

    /// Throws Error if the line could not be written, and takes back what was written of it.
    void append(std::string_view line);
    /// Waits until the lines are on the disk.
    void sync() const { file_.sync(); }
    std::int64_t bytes() const { return bytes_; }

  private:
    void take_back() const;

    FileDescriptor file_;
    std::int64_t bytes_;
};

}  // namespace tern
