// An open file of the operating system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace tern {

/// Throws Error "[path] action: what errno says".
[[noreturn]] void fail_with_errno(const std::filesystem::path& path, const char* action);

/// What became of asking for a file's lock. Some network file systems have none.
enum class Lock { taken, of_another, none_here };

/// Open while the object lives. Every failure throws Error that names the path.
class FileDescriptor {
  public:
    /// `flags` as of open(2); a file that it makes has the rights of the umask. `action` is what the message
    /// says about a failure: "cannot be opened".
    FileDescriptor(std::filesystem::path path, int flags, const char* action);
    /// A second number for what the process has open; `path` is its name in messages.
    static FileDescriptor copy_of(int number, std::filesystem::path path);
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    /// Whether something, the end or an error, can be read at once; waits for that so long at most.
    bool can_be_read(int milliseconds) const;
    /// What there is, at least a byte: how many; 0 at the end.
    std::size_t read_some(std::span<std::byte> into) const;
    /// Throws Error if the file ends before.
    void read_exactly(std::span<std::byte> into) const;
    /// What comes until the end, of a pipe or a device too; throws Error beyond `limit` bytes.
    std::vector<std::byte> read_to_end(std::int64_t limit) const;
    void write_all(std::span<const std::byte> bytes) const;
    /// Nothing to do where nothing can be synced: of a pipe, or by a file system that cannot.
    void sync() const;
    std::int64_t size() const;
    /// The first `bytes` (at least one) as read-only memory, the caller's to munmap(); it outlives the
    /// descriptor.
    std::byte* map(std::size_t bytes) const;
    /// Cuts or extends; the next write goes to the new end.
    void resize(std::int64_t bytes) const;
    /// Takes the advisory lock of the file without waiting. It ends with the process at the latest.
    Lock try_lock() const;
    /// Before the object's end, because some file systems report a full disk only here.
    void close();

    const std::filesystem::path& path() const { return path_; }

    /// For a program's start: opens standard input, output and error where they are closed, so that no file
    /// gets their numbers. Reading and writing them continues to fail.
    static void open_standard_streams();

  private:
    FileDescriptor(std::filesystem::path path, int number);

    std::filesystem::path path_;
    int number_;
};

}  // namespace tern
