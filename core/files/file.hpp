// Files and folders: read whole, or written so that a crash leaves the old one or the new one, never half of
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

/// Whether there is something of that name. What cannot be looked at is not there.
bool is_there(const std::filesystem::path& path);

/// Bytes of a regular file; throws Error that names the path and what is there instead.
std::int64_t size_of_file(const std::filesystem::path& path);

/// Reads the whole file, which must hold exactly `into.size()` bytes.
void read_file(const std::filesystem::path& path, std::span<std::byte> into);

/// The whole file; throws Error that names it also where the memory is not enough.
std::vector<std::byte> read_bytes(const std::filesystem::path& path);

/// The whole file as text; throws Error if it is longer than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::int64_t limit);

/// Makes the folder and those above it; nothing to do where it exists.
void make_folders(const std::filesystem::path& folder);

/// Writes the bytes to a new file beside `path`, syncs it, renames it to `path` and syncs the folder. It has
/// the rights of a file that existed. On failure throws Error, and what `path` was before is still there;
/// only if the folder's sync fails is the new file there already.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// The same of bytes that come piece by piece, which the file beside `path` (named .NAME.part-PID) takes. Each
/// function throws Error that names `path`.
class NewFile {
  public:
    explicit NewFile(std::filesystem::path path);
    /// Without finish() what was written is gone, and what `path` was before is still there.
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write(std::span<const std::byte> bytes);
    /// Puts the file at `path`; the last call.
    void finish();

  private:
    struct Aside;
    std::filesystem::path path_;
    std::unique_ptr<Aside> aside_;
};

/// Lets `fill` write files into a new folder beside `path` (named .NAME.part-PID), syncs them, and renames
/// that folder to `path`, or to what a link there leads to; the parent must exist. A folder that was at
/// `path` is replaced by one with its rights; where the file
/// system cannot exchange names, a crash may leave it for restore_replaced(). If `fill` or
/// anything else throws, what `path` was before is still there and the new folder is gone.
void write_folder_atomically(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path&)>& fill);

/// What a name leads to through links, which may be nothing yet. Throws Error where they go round in circles.
std::filesystem::path behind_links(const std::filesystem::path& name);

/// Throws Error where write_file_atomically() could not end well, before there is anything to write: `path`
/// is a mount point, or its folder does not exist or may not be written to.
void check_creatable(const std::filesystem::path& path);

/// The same for write_folder_atomically(), once the folders above are made: `path` is a mount point, or
/// the folder above it, or the first of those above that exists, is none or may not be written to.
void check_replaceable(const std::filesystem::path& path);

/// Throws Error where make_folders(), or making files in `folder` then, could not end well.
void check_fillable(const std::filesystem::path& folder);

/// Gives folders in `folder` (with `of` only one of that name) their names back which
/// write_folder_atomically() had taken from them when the process ended. Nobody else may be writing these.
void restore_replaced(const std::filesystem::path& folder, std::string_view of = "");

/// Does that, then deletes what else processes that ended in the middle of one of these functions left in
/// `folder`; with `of` only what was to become that name. Nobody else may be writing these.
void remove_unfinished(const std::filesystem::path& folder, std::string_view of = "");

/// Makes `path` a symbolic link to the file `target`, in one step if it was one already; where the file
/// system has no links, a copy of that file. Returns why it is one, or "".
std::string replace_link(const std::filesystem::path& path, const std::filesystem::path& target);

}  // namespace tern
