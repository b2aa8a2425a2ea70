// An open file of the operating system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace tern {

/// Throws Error "[path] action: what errno says".
[[noreturn]] void fail_with_errno(const std::filesystem::path& path, const char* action);

/// Open while the object lives. Every failure throws Error that names the path.
class FileDescriptor {
  public:
    /// `flags` as of open(2); a file that it makes has the rights of the umask. `action` is what the message
    /// says about a failure: "cannot be opened".
    FileDescriptor(std::filesystem::path path, int flags, const char* action);
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    /// Throws Error if the file ends before.
    void read_exactly(std::span<std::byte> into) const;
    void write_all(std::span<const std::byte> bytes) const;
    void sync() const;
    std::int64_t size() const;
    /// Cuts or extends; the next write goes to the new end.
    void resize(std::int64_t bytes) const;
    /// Takes the advisory lock of the file without waiting; false if another process has it. It ends with the
    /// process at the latest.
    bool try_lock() const;
    /// Before the object's end, because some file systems report a full disk only here.
    void close();

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
    int number_;
};

}  // namespace tern
