#include "tern/training/record_file.hpp"

#include <fcntl.h>

#include "tern/core/error.hpp"

namespace tern {

RecordFile::RecordFile(const std::filesystem::path& path, AsItIs /*as_it_is*/)
    : file_(path, O_WRONLY | O_CREAT, "cannot be created") {}

RecordFile::RecordFile(const std::filesystem::path& path) : RecordFile(path, AsItIs{}) { keep(0); }

// What has no size, a device, has none to change.
void RecordFile::keep(std::int64_t bytes) {
    if (file_.size() > 0) file_.resize(bytes);
    bytes_ = bytes;
}

void RecordFile::append(std::string_view record) {
    waiting_ += record;
    write();
}

void RecordFile::sync() {
    write();
    file_.sync();
}

void RecordFile::write() {
    try {
        file_.write_all(std::as_bytes(std::span(waiting_)));
    } catch (const Error&) {
        take_back();
        throw;
    }
    bytes_ += std::ssize(waiting_);
    waiting_.clear();
}

// After a failed write; that failure is what the user must hear of, not this one's.
void RecordFile::take_back() const {
    try {
        file_.resize(bytes_);
    } catch (const Error&) {
    }
}

}  // namespace tern
