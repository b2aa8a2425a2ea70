#include "tern/data/new_folder.hpp"

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

// "set/" names the folder "set".
fs::path without_slash(const fs::path& folder) {
    return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

void check_vacant(const fs::path& folder) {
    const std::string last = without_slash(folder).filename().string();
    TERN_CHECK(last != "." && last != "..", folder.string(),
               "cannot be replaced as a whole; name a folder in it");
    check_replaceable(without_slash(folder));
    std::error_code error;
    const bool there = fs::exists(folder, error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
    if (!there) return;
    TERN_CHECK(fs::is_directory(folder, error), folder.string(), "exists and is not a directory");
    TERN_CHECK(fs::is_empty(folder, error) && !error, folder.string(),
               "exists and is not empty; name a folder that does not exist yet");
}

void write_new_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
    check_vacant(folder);
    const fs::path target = without_slash(folder);
    std::error_code error;
    if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
    write_folder_atomically(target, fill);
}

}  // namespace tern
