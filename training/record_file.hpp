// A file that grows record by record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "tern/core/files/file_descriptor.hpp"

namespace tern {

/// Readers see whole records at any time. Records that a full disk does not take wait in memory.
class RecordFile {
  public:
    /// A new, empty file, or an emptied one. Throws Error that names it.
    explicit RecordFile(const std::filesystem::path& path);

    /// Throws Error if the record, and those that waited, could not be written; they wait for the next call
    /// then, and nothing of them is in the file.
    void append(std::string_view record);
    /// Writes what waits, and returns when the records are on the disk.
    void sync();
    /// Of the records in the file.
    std::int64_t bytes() const { return bytes_; }
    const std::filesystem::path& path() const { return file_.path(); }

  protected:
    /// The file as it is; keep() says how much of it stays.
    struct AsItIs {};
    RecordFile(const std::filesystem::path& path, AsItIs as_it_is);
    std::int64_t size() const { return file_.size(); }
    void keep(std::int64_t bytes);

  private:
    void write();
    void take_back() const;

    FileDescriptor file_;
    std::int64_t bytes_ = 0;
    std::string waiting_;
};

}  // namespace tern
