// Names that a user gives for what a command writes: a file, or a link, a device, a pipe, an open stream.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace tern {

/// Writes the bytes where `path` leads, through links. A file is made or replaced as by
/// write_file_atomically() and a link to it stays; a device or a pipe is written to as it is; a file that
/// this process has open for writing, such as standard output, gets them where it stands.
void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// The same of bytes that come piece by piece: a file is there when finish() has ended, and until then what was there
/// before; a device, a pipe or an open file gets each piece. Each function throws Error that names `path`.
class OutputStream {
  public:
    explicit OutputStream(const std::filesystem::path& path);
    ~OutputStream();
    OutputStream(const OutputStream&) = delete;
    OutputStream& operator=(const OutputStream&) = delete;

    void write(std::span<const std::byte> bytes);
    /// The last call.
    void finish();

  private:
    struct Target;
    std::unique_ptr<Target> target_;
};

/// Throws Error where that could not end well, before there is anything to write: `path` is a folder, a disk
/// or a socket, may not be written to, or its folder may not.
void check_output(const std::filesystem::path& path);

/// Whether the bytes would come between those of standard output.
bool is_standard_output(const std::filesystem::path& path);

}  // namespace tern
