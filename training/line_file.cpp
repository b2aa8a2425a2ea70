#include "tern/training/line_file.hpp"

#include <algorithm>

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

LineFile::LineFile(const std::filesystem::path& path, std::int64_t keep_bytes) : RecordFile(path, AsItIs{}) {
    const bool has_all = size() >= keep_bytes;
    keep(has_all ? keep_bytes : size() > 0 ? whole_lines(path) : 0);
}

void LineFile::append(std::string_view line) { RecordFile::append(std::string(line) + '\n'); }

}  // namespace tern
