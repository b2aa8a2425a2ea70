#include "tern/training/line_file.hpp"

#include <string>

#include <fcntl.h>

#include "tern/core/error.hpp"

namespace tern {

LineFile::LineFile(const std::filesystem::path& path, std::int64_t keep_bytes)
    : file_(path, O_WRONLY | O_CREAT, "cannot be created"), bytes_(keep_bytes) {
    const std::int64_t size = file_.size();
    TERN_CHECK(size >= keep_bytes, path.string(), "has ", size, " bytes, expected at least ", keep_bytes);
    if (size > 0) file_.resize(keep_bytes);
}

void LineFile::append(std::string_view line) {
    const std::string whole = std::string(line) + '\n';
    try {
        file_.write_all(std::as_bytes(std::span(whole)));
    } catch (const Error&) {
        take_back();
        throw;
    }
    bytes_ += static_cast<std::int64_t>(whole.size());
}

// After a failed write; that failure is what the user must hear of, not this one's.
void LineFile::take_back() const {
    try {
        file_.resize(bytes_);
    } catch (const Error&) {
    }
}

}  // namespace tern
