#include "tern/core/files/output.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_descriptor.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

// What is there, behind links; nothing where nothing is.
std::optional<struct stat> status_of(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return status;
    if (errno != ENOENT) fail_with_errno(path, "cannot be written");
    return {};
}

bool is_same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool is_open_on(int number, const struct stat& file) {
    struct stat own {};
    return ::fstat(number, &own) == 0 && is_same(own, file) &&
           (::fcntl(number, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

// A descriptor that writes into this file: a second one would begin at its start, and a new file of its name
// would not get what the first still writes.
std::optional<int> descriptor_on(const struct stat& file) {
    constexpr int kMost = 256;
    for (int number = 0; number < kMost; ++number) {
        if (is_open_on(number, file)) return number;
    }
    return {};
}

// /proc/self/fd/3 has no name to replace where its file was deleted.
bool has_name(const fs::path& path, const struct stat& file) {
    struct stat named {};
    return ::stat(behind_links(path).c_str(), &named) == 0 && is_same(named, file);
}

// A reader that leaves is an error of write() while this lives, not the end of the process.
class NoBrokenPipe {
  public:
    NoBrokenPipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~NoBrokenPipe() {
        const timespec now{};
        if (sigismember(&before_, SIGPIPE) == 0) ::sigtimedwait(&pipe_, nullptr, &now);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

  private:
    sigset_t pipe_{}, before_{};
};

}  // namespace

// One of the two.
struct OutputStream::Target {
    std::optional<NewFile> made;
    std::optional<FileDescriptor> open;
};

OutputStream::OutputStream(const fs::path& path) : target_(std::make_unique<Target>()) {
    const std::optional<struct stat> there = status_of(path);
    const std::optional<int> open = there ? descriptor_on(*there) : std::nullopt;
    if (open)
        target_->open.emplace(FileDescriptor::copy_of(*open, path));
    else if (!there || (S_ISREG(there->st_mode) && has_name(path, *there)))
        target_->made.emplace(behind_links(path));
    else
        target_->open.emplace(path, O_WRONLY | O_NOCTTY, "cannot be opened");
}

OutputStream::~OutputStream() = default;

void OutputStream::write(std::span<const std::byte> bytes) {
    if (target_->made) return target_->made->write(bytes);
    std::fflush(nullptr);  // what was printed before comes before
    const NoBrokenPipe guard;
    target_->open->write_all(bytes);
}

void OutputStream::finish() {
    if (target_->made) return target_->made->finish();
    target_->open->sync();
    target_->open->close();
}

void write_output(const fs::path& path, std::span<const std::byte> bytes) {
    OutputStream output(path);
    output.write(bytes);
    output.finish();
}

void check_output(const fs::path& path) {
    const std::optional<struct stat> there = status_of(path);
    if (!there) {
        TERN_CHECK(path.has_filename(), path.string(), "names a folder, expected a file");
        return check_creatable(behind_links(path));
    }
    TERN_CHECK(!S_ISDIR(there->st_mode), path.string(), "is a folder, expected a file");
    TERN_CHECK(!S_ISBLK(there->st_mode), path.string(), "is a disk, expected a file");
    TERN_CHECK(!S_ISSOCK(there->st_mode), path.string(), "is a socket, expected a file");
    if (descriptor_on(*there)) return;
    if (S_ISREG(there->st_mode) && has_name(path, *there)) return check_creatable(behind_links(path));
    if (::access(path.c_str(), W_OK) != 0) fail_with_errno(path, "cannot be written");
}

bool is_standard_output(const fs::path& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0 || !is_open_on(STDOUT_FILENO, file)) return false;
    return !S_ISCHR(file.st_mode) || ::isatty(STDOUT_FILENO) == 1;  // /dev/null mixes nothing
}

}  // namespace tern
