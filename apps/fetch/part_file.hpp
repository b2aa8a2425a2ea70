// A file that is downloaded piece by piece, over several runs if need be.
#pragma once

#include "tern/core/files/file_descriptor.hpp"

namespace tern::apps {

/// Open for appending, and locked against other runs; gone at the end if it is empty. Throws Error that names
/// the file.
class PartFile {
  public:
    /// Opens what an earlier run left, or makes an empty file.
    explicit PartFile(const std::filesystem::path& path);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    const std::filesystem::path& path() const { return file_.path(); }
    std::int64_t size() const { return size_; }
    void append(std::span<const std::byte> bytes);
    void clear();
    /// Of all bytes, as 32 lower-case digits.
    std::string md5() const;

  private:
    FileDescriptor file_;
    std::int64_t size_ = 0;
};

}  // namespace tern::apps
