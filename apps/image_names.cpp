#include "tern/apps/image_names.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "tern/core/files/file_descriptor.hpp"
#include "tern/core/files/file_kind.hpp"
#include "tern/data/image.hpp"
#include "tern/data/image_files.hpp"

namespace tern::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardInputName = "standard input";
constexpr std::int64_t kMostListBytes = std::int64_t{1} << 28;

FileDescriptor standard_input() { return FileDescriptor::copy_of(STDIN_FILENO, kStandardInputName); }

std::vector<std::string> read_list(const std::string& name) {
    const FileDescriptor file =
        name == kStandardInput ? standard_input() : FileDescriptor(name, O_RDONLY, "cannot be opened");
    const std::vector<std::byte> bytes = file.read_to_end(kMostListBytes);
    const std::string where = file.path().string();
    const FileKind kind = file_kind(bytes);
    TERN_CHECK(!is_image(kind) && !is_archive(kind) && kind != FileKind::utf16, where,
               mistaken_kind(kind, "a list of names, one in a line"));
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    std::vector<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) names.push_back(line);
    }
    TERN_CHECK(!names.empty(), where, "is a list without names");
    return names;
}

void add_folder(const std::string& folder, ImageNames& names) {
    std::size_t images = 0;
    for (const fs::path& file : files_within(folder, names.notes)) {
        if (looks_like_image(file)) {
            names.files.push_back(file.string());
            ++images;
        } else {
            ++names.other_files;
        }
    }
    TERN_CHECK(images > 0, folder, "is a folder without images");
}

}  // namespace

Tensor read_standard_input() {
    return decode_image(standard_input().read_to_end(kMostImageBytes), kStandardInputName);
}

ImageNames image_names(const std::vector<std::string>& images, const Flag& list) {
    std::vector<std::string> all = images;
    if (std::ranges::count(all, kStandardInput) > (list == kStandardInput ? 0 : 1))
        usage_error("-", "stands for standard input, which can be read once");
    if (list) {
        const std::vector<std::string> listed = read_list(*list);
        all.insert(all.end(), listed.begin(), listed.end());
    }
    ImageNames names;
    for (const std::string& name : all) {
        std::error_code error;
        if (!fs::is_directory(name, error)) {
            names.files.push_back(name);
            continue;
        }
        try {
            add_folder(name, names);
        } catch (const Error& problem) {
            names.failures.push_back(problem);
        }
    }
    return names;
}

}  // namespace tern::apps
