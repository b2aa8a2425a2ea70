#include "tern/core/files/file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file_descriptor.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = ".part-";
constexpr std::string_view kOld = ".old";  // after it: what was at the name, while that is replaced

fs::path parent_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Where `path` is made before it gets its name. A name may have 255 bytes, also with what is put around it.
fs::path aside_of(const fs::path& path) {
    constexpr std::size_t kMostOfName = 200;
    return parent_of(path) / to_text('.', path.filename().string().substr(0, kMostOfName), kPart, ::getpid());
}

// A failure is told of the name that the user knows, not of the one beside it.
[[noreturn]] void rethrow_for(const fs::path& path, const Error& error, const fs::path& aside) {
    const auto renamed = [&](std::string text) {
        const std::size_t at = text.find(aside.string());
        return at == std::string::npos ? text : text.replace(at, aside.string().size(), path.string());
    };
    throw Error(renamed(error.where()), renamed(error.rule()));
}

// A folder that may be written to but not be read cannot be opened, and so not synced.
void sync_folder(const fs::path& folder) {
    if (::access(folder.c_str(), R_OK) != 0 && errno == EACCES) return;
    FileDescriptor(folder, O_RDONLY | O_DIRECTORY, "cannot be opened").sync();
}

void sync_tree(const fs::path& folder) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_directory())
            sync_folder(entry);
        else
            FileDescriptor(entry, O_RDONLY, "cannot be opened").sync();
    }
    sync_folder(folder);
}

// Systems promise more than they have, and end the process that takes them at their word.
std::int64_t memory_of_machine() { return ::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE); }

// Also one of the same file system, which has its parent's device number, and the root of a chroot, which is
// none.
bool is_mount_point(const fs::path& path) {
    std::error_code error;
    if (!fs::is_symlink(path, error) && fs::equivalent(path, path / "..", error)) return true;
    struct statx status {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &status) != 0) return false;
    return (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

// What replaces something has its rights and, where this user may give it away, its owner. File systems that
// have no rights keep none.
void keep_rights(const fs::path& of, const fs::path& on) {
    struct stat status {};
    if (::stat(of.c_str(), &status) != 0) return;
    if (::chown(on.c_str(), status.st_uid, status.st_gid) != 0 &&
        ::chown(on.c_str(), static_cast<uid_t>(-1), status.st_gid) != 0)
        status.st_mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);  // would be another owner's
    static_cast<void>(::chmod(on.c_str(), status.st_mode & 07777));
}

void rename_to(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_with_errno(to, "cannot be replaced");
}

// By trying: what rights say is not all, to root or on a file system like /proc.
void check_takes_files(const fs::path& folder, const fs::path& path, const char* action) {
    const fs::path probe = aside_of(folder / "probe");
    const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) fail_with_errno(path, action);
    ::close(file);
    ::unlink(probe.c_str());
}

// That the first of `above` and the folders above it which is there is one to make `path` in.
void check_nearest(const fs::path& path, fs::path above) {
    std::error_code error;
    while (!fs::exists(above, error) && !error && above != parent_of(above)) above = parent_of(above);
    TERN_CHECK(!error, path.string(), "cannot be made: ", error.message());
    TERN_CHECK(fs::is_directory(above, error), path.string(),
               "cannot be made: ", std::make_error_code(std::errc::not_a_directory).message());
    check_takes_files(above, path, "cannot be made");
}

std::vector<fs::path> find_unfinished(const fs::path& folder, std::string_view of) {
    const std::string start = to_text('.', of, of.empty() ? "" : kPart);
    std::vector<fs::path> found;
    std::error_code error;
    if (!fs::exists(folder, error)) return found;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with(start) && name.find(kPart) != std::string::npos) found.push_back(entry->path());
    }
    TERN_CHECK(!error, folder.string(), "cannot be tidied: ", error.message());
    return found;
}

// Afterwards `aside` is what was at `path`, or nothing. Where the file system cannot exchange two names,
// `path` is missing for a moment; restore_replaced() mends what a crash then leaves.
void swap_in(const fs::path& aside, const fs::path& path) {
    if (::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) return;
    if (fs::is_directory(path)) {
        fs::path old = aside;
        old += kOld;
        rename_to(path, old);
        try {
            rename_to(aside, path);
        } catch (const Error&) {
            ::rename(old.c_str(), path.c_str());
            throw;
        }
        rename_to(old, aside);
        return;
    }
    rename_to(aside, path);
}

}  // namespace

bool is_there(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

std::int64_t size_of_file(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    TERN_CHECK(fs::exists(status), path.string(), "no such file",
               error && error != std::errc::no_such_file_or_directory ? " (" + error.message() + ")" : "");
    TERN_CHECK(fs::is_regular_file(status), path.string(), "is ",
               fs::is_directory(status) ? "a folder" : "not a regular file", ", expected a file");
    const std::uintmax_t bytes = fs::file_size(path, error);
    TERN_CHECK(!error, path.string(), "cannot be read: ", error.message());
    return static_cast<std::int64_t>(bytes);
}

void read_file(const fs::path& path, std::span<std::byte> into) {
    const auto wanted = static_cast<std::int64_t>(into.size());
    const std::int64_t bytes = size_of_file(path);
    TERN_CHECK(bytes == wanted, path.string(), "has ", bytes, " bytes, expected ", wanted);
    FileDescriptor(path, O_RDONLY, "cannot be opened").read_exactly(into);
}

std::vector<std::byte> read_bytes(const fs::path& path) {
    const std::int64_t size = size_of_file(path), memory = memory_of_machine();
    TERN_CHECK(size <= memory, path.string(), "has ", size, " bytes, more than the ", memory,
               " of this machine's memory");
    std::vector<std::byte> bytes;
    try {
        bytes.resize(static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
        fail(path.string(), "has ", size, " bytes, for which there is not enough memory");
    }
    read_file(path, bytes);
    return bytes;
}

std::string read_text_file(const fs::path& path, std::int64_t limit) {
    const std::int64_t bytes = size_of_file(path);
    TERN_CHECK(bytes <= limit, path.string(), "has ", bytes, " bytes, expected at most ", limit);
    std::string text(static_cast<std::size_t>(bytes), '\0');
    read_file(path, std::as_writable_bytes(std::span(text)));
    return text;
}

void make_folders(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(behind_links(folder), error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
}

struct NewFile::Aside {
    explicit Aside(const fs::path& path)
        : name(aside_of(path)), file(name, O_WRONLY | O_CREAT | O_TRUNC, "cannot be created") {}
    ~Aside() {
        if (!placed) ::unlink(name.c_str());
    }

    fs::path name;
    FileDescriptor file;
    bool placed = false;
};

NewFile::NewFile(fs::path path) : path_(std::move(path)) {
    try {
        aside_ = std::make_unique<Aside>(path_);
    } catch (const Error& error) {
        rethrow_for(path_, error, aside_of(path_));
    }
}

NewFile::~NewFile() = default;

void NewFile::write(std::span<const std::byte> bytes) {
    try {
        aside_->file.write_all(bytes);
    } catch (const Error& error) {
        rethrow_for(path_, error, aside_->name);
    }
}

void NewFile::finish() {
    try {
        aside_->file.sync();
        aside_->file.close();
        keep_rights(path_, aside_->name);
        rename_to(aside_->name, path_);
        aside_->placed = true;
    } catch (const Error& error) {
        rethrow_for(path_, error, aside_->name);
    }
    sync_folder(parent_of(path_));
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
    NewFile file(path);
    file.write(bytes);
    file.finish();
}

void write_folder_atomically(const fs::path& name, const std::function<void(const fs::path&)>& fill) {
    const fs::path path = behind_links(name);
    const fs::path aside = aside_of(path);
    std::error_code ignored;
    try {
        fs::remove_all(aside);  // of a process that had the same number
        fs::create_directory(aside);
        fill(aside);
        sync_tree(aside);
        keep_rights(path, aside);
        swap_in(aside, path);
    } catch (const Error& error) {
        fs::remove_all(aside, ignored);
        rethrow_for(path, error, aside);
    } catch (const fs::filesystem_error& error) {
        fs::remove_all(aside, ignored);
        fail(path.string(), "cannot be made: ", error.code().message());
    } catch (...) {
        fs::remove_all(aside, ignored);
        throw;
    }
    fs::remove_all(aside, ignored);
    sync_folder(parent_of(path));
}

fs::path behind_links(const fs::path& name) {
    constexpr int kMostLinks = 40;  // as of the kernel
    fs::path path = name;
    for (int links = 0; links < kMostLinks; ++links) {
        std::error_code error;
        if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
        const fs::path target = fs::read_symlink(path, error);
        TERN_CHECK(!error, name.string(), "cannot be followed: ", error.message());
        path = path.parent_path() / target;  // alone where it is absolute
    }
    errno = ELOOP;
    fail_with_errno(name, "cannot be followed");
}

void check_creatable(const fs::path& path) {
    TERN_CHECK(!is_mount_point(path), path.string(), "is a mount point, which cannot be replaced");
    check_takes_files(parent_of(path), path, "cannot be created");
}

void check_replaceable(const fs::path& name) {
    const fs::path path = behind_links(name);
    TERN_CHECK(!is_mount_point(path), path.string(), "is a mount point, which cannot be replaced");
    check_nearest(path, parent_of(path));
}

void check_fillable(const fs::path& folder) { check_nearest(folder, behind_links(folder)); }

void restore_replaced(const fs::path& folder, std::string_view of) {
    bool restored = false;
    for (const fs::path& path : find_unfinished(folder, of)) {
        const std::string name = path.filename().string();
        const std::size_t end = name.rfind(kPart);
        if (!name.ends_with(kOld) || end <= 1) continue;
        const fs::path to = folder / name.substr(1, end - 1);
        std::error_code error;
        if (fs::exists(fs::symlink_status(to, error))) continue;  // replaced already
        if (::rename(path.c_str(), to.c_str()) != 0) fail_with_errno(to, "cannot be put back");
        restored = true;
    }
    if (restored) sync_folder(folder);
}

void remove_unfinished(const fs::path& folder, std::string_view of) {
    restore_replaced(folder, of);
    std::error_code error;
    for (const fs::path& path : find_unfinished(folder, of)) {
        std::error_code one;
        fs::remove_all(path, one);
        if (one) error = one;
    }
    TERN_CHECK(!error, folder.string(), "cannot be tidied: ", error.message());
}

std::string replace_link(const fs::path& path, const fs::path& target) {
    const fs::path aside = aside_of(path);
    ::unlink(aside.c_str());
    if (::symlink(target.c_str(), aside.c_str()) != 0) {
        std::string why = std::strerror(errno);
        write_file_atomically(path, read_bytes(parent_of(path) / target));
        return why;
    }
    try {
        rename_to(aside, path);
    } catch (...) {
        ::unlink(aside.c_str());
        throw;
    }
    sync_folder(parent_of(path));
    return {};
}

}  // namespace tern
