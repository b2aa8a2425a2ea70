#include "tern/core/file.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "tern/core/error.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno(const fs::path& path, const char* action) {
    const int code = errno;
    fail(path.string(), action, ": ", std::strerror(code));
}

class Descriptor {
  public:
    Descriptor(const fs::path& path, int flags, const char* action)
        : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
        if (number_ < 0) fail_with_errno(path_, action);
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    void read_exactly(std::span<std::byte> into) const {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t count = ::read(number_, into.data() + done, into.size() - done);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail_with_errno(path_, "cannot be read");
            TERN_CHECK(count > 0, path_.string(), "ended after ", done, " of ", into.size(), " bytes");
            done += static_cast<std::size_t>(count);
        }
    }

    void write_all(std::span<const std::byte> bytes) const {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count = ::write(number_, bytes.data() + done, bytes.size() - done);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail_with_errno(path_, "cannot be written");
            done += static_cast<std::size_t>(count);
        }
    }

    void sync() const {
        if (::fsync(number_) != 0) fail_with_errno(path_, "cannot be synced to the disk");
    }

    // Some file systems report a full disk only here.
    void close() {
        if (::close(std::exchange(number_, -1)) != 0) fail_with_errno(path_, "cannot be closed");
    }

  private:
    fs::path path_;
    int number_;
};

}  // namespace

std::int64_t size_of_file(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    TERN_CHECK(fs::exists(status), path.string(), "no such file",
               error && error != std::errc::no_such_file_or_directory ? " (" + error.message() + ")" : "");
    TERN_CHECK(fs::is_regular_file(status), path.string(), "is ",
               fs::is_directory(status) ? "a folder" : "no regular file", ", expected a file");
    const std::uintmax_t bytes = fs::file_size(path, error);
    TERN_CHECK(!error, path.string(), "cannot be read: ", error.message());
    return static_cast<std::int64_t>(bytes);
}

void read_file(const fs::path& path, std::span<std::byte> into) {
    const auto wanted = static_cast<std::int64_t>(into.size());
    const std::int64_t bytes = size_of_file(path);
    TERN_CHECK(bytes == wanted, path.string(), "has ", bytes, " bytes, expected ", wanted);
    Descriptor(path, O_RDONLY, "cannot be opened").read_exactly(into);
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
    fs::path aside = path;
    aside += ".part-" + std::to_string(::getpid());
    try {
        Descriptor file(aside, O_WRONLY | O_CREAT | O_TRUNC, "cannot be created");
        file.write_all(bytes);
        file.sync();
        file.close();
        if (::rename(aside.c_str(), path.c_str()) != 0) fail_with_errno(path, "cannot be replaced");
    } catch (...) {
        ::unlink(aside.c_str());
        throw;
    }
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    Descriptor(folder, O_RDONLY | O_DIRECTORY, "cannot be opened").sync();
}

}  // namespace tern
