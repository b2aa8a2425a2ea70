#include "tern/core/files/file_descriptor.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
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

FileDescriptor::FileDescriptor(std::filesystem::path path, int number)
    : path_(std::move(path)), number_(number) {}

FileDescriptor FileDescriptor::copy_of(int number, std::filesystem::path path) {
    const int copy = ::fcntl(number, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) fail_with_errno(path, "cannot be opened");
    return {std::move(path), copy};
}

void FileDescriptor::open_standard_streams() {
    // The wrong way round: as little can be read from the one and written to the others as before.
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) >= 0) continue;
        const int opened = ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (opened >= 0 && opened != number) ::close(opened);  // cannot be: the lowest free one is taken
    }
}

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) ::close(number_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : path_(std::move(other.path_)), number_(std::exchange(other.number_, -1)) {}

bool FileDescriptor::can_be_read(int milliseconds) const {
    pollfd file{.fd = number_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&file, 1, milliseconds);
    if (ready < 0 && errno != EINTR) fail_with_errno(path_, "cannot be read");
    return ready > 0;
}

std::size_t FileDescriptor::read_some(std::span<std::byte> into) const {
    for (;;) {
        const ssize_t count = ::read(number_, into.data(), into.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) fail_with_errno(path_, "cannot be read");
    }
}

void FileDescriptor::read_exactly(std::span<std::byte> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const std::size_t count = read_some(into.subspan(done));
        TERN_CHECK(count > 0, path_.string(), "ended after ", done, " of ", into.size(), " bytes");
        done += count;
    }
}

std::vector<std::byte> FileDescriptor::read_to_end(std::int64_t limit) const {
    std::vector<std::byte> bytes;
    std::vector<std::byte> piece(std::size_t{1} << 16);
    while (const std::size_t count = read_some(piece)) {
        TERN_CHECK(static_cast<std::int64_t>(bytes.size() + count) <= limit, path_.string(),
                   "gives more than the ", limit, " bytes that are read of it");
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return bytes;
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
    if (::fsync(number_) == 0) return;
    // Devices, pipes, and what some network file systems say of folders, or a server that only reads.
    for (const int nothing_to_sync : {EINVAL, EOPNOTSUPP, ENOSYS, EROFS}) {
        if (errno == nothing_to_sync) return;
    }
    fail_with_errno(path_, "cannot be synced to the disk");
}

std::int64_t FileDescriptor::size() const {
    struct stat status {};
    if (::fstat(number_, &status) != 0) fail_with_errno(path_, "cannot be read");
    return status.st_size;
}

std::byte* FileDescriptor::map(std::size_t bytes) const {
    void* const data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, number_, 0);
    if (data == MAP_FAILED) fail_with_errno(path_, "cannot be mapped");
    return static_cast<std::byte*>(data);
}

void FileDescriptor::resize(std::int64_t bytes) const {
    if (::ftruncate(number_, bytes) != 0 || ::lseek(number_, bytes, SEEK_SET) < 0)
        fail_with_errno(path_, "cannot be cut");
}

Lock FileDescriptor::try_lock() const {
    if (::flock(number_, LOCK_EX | LOCK_NB) == 0) return Lock::taken;
    return errno == EWOULDBLOCK ? Lock::of_another : Lock::none_here;
}

void FileDescriptor::close() {
    if (::close(std::exchange(number_, -1)) != 0) fail_with_errno(path_, "cannot be closed");
}

}  // namespace tern
