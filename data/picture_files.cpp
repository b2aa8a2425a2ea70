#include "tern/data/picture_files.hpp"

#include <algorithm>

#include "tern/data/cifar10_format.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> visible_entries(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    std::vector<fs::path> found;
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        if (!entries->path().filename().string().starts_with('.')) found.push_back(entries->path());
    }
    TERN_CHECK(!error, folder.string(), "cannot be read: ", error.message());
    std::ranges::sort(found);
    return found;
}

bool is_folder(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

}  // namespace

PictureFiles list_picture_files(const fs::path& folder) {
    const std::string where = folder.string();
    std::error_code error;
    TERN_CHECK(fs::exists(folder, error), where, "no such folder");
    TERN_CHECK(is_folder(folder), where, "is no folder");
    PictureFiles list;
    for (const fs::path& entry : visible_entries(folder)) {
        if (!is_folder(entry)) continue;
        const std::string name = entry.filename().string();
        TERN_CHECK(cifar10::is_class_name(name), entry.string(), "is no printable class name in UTF-8");
        for (const fs::path& file : visible_entries(entry)) list.files.push_back({file, list.folders.size()});
        list.folders.push_back(name);
    }
    TERN_CHECK(!list.folders.empty(), where, "has no sub-folders, expected one for each class");
    TERN_CHECK(list.folders.size() <= 256, where, "has ", list.folders.size(),
               " sub-folders, at most 256 classes fit");
    return list;
}

}  // namespace tern
