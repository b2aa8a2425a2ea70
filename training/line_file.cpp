#include "tern/training/line_file.hpp"

#include <algorithm>

#include <fcntl.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"

namespace tern {
namespace {

// Up to the end of the last whole line.
std::int64_t whole_lines(const std::filesystem::path& path) {
    const std::vector<std::byte> bytes = read_bytes(path);
    const auto end = std::find(bytes.rbegin(), bytes.rend(), std::byte{'\n'});
    return bytes.rend() - end;
}

}  // namespace

LineFile::LineFile(const std::filesystem::path& path, std::int64_t keep_bytes)
    : file_(path, O_WRONLY | O_CREAT, "cannot be created"), bytes_(keep_bytes) {
    const std::int64_t size = file_.size();
    if (size < keep_bytes) bytes_ = size > 0 ? whole_lines(path) : 0;
    if (size > 0) file_.resize(bytes_);
}

void LineFile::append(std::string_view line) {
    waiting_ += line;
    waiting_ += '\n';
    write();
}

void LineFile::sync() {
    write();
    file_.sync();
}

void LineFile::write() {
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
void LineFile::take_back() const {
    try {
        file_.resize(bytes_);
    } catch (const Error&) {
    }
}

}  // namespace tern
