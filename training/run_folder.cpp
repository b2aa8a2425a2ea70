#include "tern/training/run_folder.hpp"

#include <ctime>

#include <fcntl.h>

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/output.hpp"
#include "tern/training/checkpoint.hpp"

namespace tern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.toml";

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[sizeof "2026-01-31"];
    std::strftime(text, sizeof text, "%Y-%m-%d", &local);
    return text;
}

// The folder is made, not looked for: of two programs that start at once each gets its own.
fs::path make_numbered(const fs::path& parent, const std::string& name) {
    for (int number = 1;; ++number) {
        const fs::path folder = parent / to_text(name, '-', number);
        std::error_code error;
        if (fs::create_directory(folder, error)) return folder;
        TERN_CHECK(!error || error == std::errc::file_exists, folder.string(),
                   "cannot be made: ", error.message());
    }
}

}  // namespace

RunFolder::RunFolder(fs::path path)
    : path_(std::move(path)), lock_(path_, O_RDONLY | O_DIRECTORY, "cannot be opened") {
    const Lock lock = lock_.try_lock();
    TERN_CHECK(lock != Lock::of_another, path_.string(), "another process is training in this folder");
    locked_ = lock == Lock::taken;
}

void RunFolder::check_free(const std::optional<fs::path>& named) {
    const fs::path folder = named.value_or("runs");
    check_fillable(folder);
    if (!named) return;
    // The checkpoints of a run that lost its config would be taken for the new one's.
    for (const char* sign : {kConfig, Checkpoints::kFolder}) {
        std::error_code error;
        TERN_CHECK(!fs::exists(folder / sign, error), folder.string(), "holds a run already (", sign,
                   "); name another folder, or resume that run");
    }
}

RunFolder RunFolder::make(const std::optional<fs::path>& folder, std::string_view model) {
    check_free(folder);
    if (!folder) {
        make_folders("runs");
        return RunFolder(make_numbered("runs", to_text(today(), '-', model)));
    }
    make_folders(*folder);
    return RunFolder(*folder);
}

RunFolder RunFolder::open(const fs::path& folder) {
    std::error_code error;
    TERN_CHECK(fs::exists(folder / kConfig, error), folder.string(), "holds no run to continue (no ", kConfig,
               ")");
    return RunFolder(folder);
}

void RunFolder::write_config(std::string_view toml) const {
    write_output(config_file(), std::as_bytes(std::span(toml)));
}

}  // namespace tern
