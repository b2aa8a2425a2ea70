#include "tern/core/file_descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tern/core/error.hpp"

namespace tern {

void fail_with_errno(const std::filesystem::path& path, const char* action) {
    const int code = errno;
    fail(path.string(), action, ": ", std::strerror(code));
}

FileDescriptor::FileDescriptor(std::filesystem::path path, int flags, const char* action)
    : path_(std::move(path)), number_(::open(path_.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) fail_with_errno(path_, action);
}

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : path_(std::move(other.path_)), number_(std::exchange(other.number_, -1)) {}

void FileDescriptor::read_exactly(std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t count = ::read(number_, into.data() + done, into.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail_with_errno(path_, "cannot be read");
        TERN_CHECK(count > 0, path_.string(), "ended after ", done, " of ", into.size(), " bytes");
        done += static_cast<std::size_t>(count);
    }
}

void FileDescriptor::write_all(std::span<const std::byte> bytes) const {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::write(number_, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail_with_errno(path_, "cannot be written");
        done += static_cast<std::size_t>(count);
    }
}

void FileDescriptor::sync() const {
    if (::fsync(number_) != 0) fail_with_errno(path_, "cannot be synced to the disk");
}

std::int64_t FileDescriptor::size() const {
    struct stat status {};
    if (::fstat(number_, &status) != 0) fail_with_errno(path_, "cannot be read");
    return status.st_size;
}

void FileDescriptor::resize(std::int64_t bytes) const {
    if (::ftruncate(number_, bytes) != 0 || ::lseek(number_, bytes, SEEK_SET) < 0)
        fail_with_errno(path_, "cannot be cut");
}

bool FileDescriptor::try_lock() const {
    if (::flock(number_, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) fail_with_errno(path_, "cannot be locked");
    return false;
}

void FileDescriptor::close() {
    if (::close(std::exchange(number_, -1)) != 0) fail_with_errno(path_, "cannot be closed");
}

}  // namespace tern
