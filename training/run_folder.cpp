#include "tern/training/run_folder.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>

#include "tern/core/error.hpp"
#include "tern/core/file.hpp"

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

void make_all(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    TERN_CHECK(!error, folder.string(), "cannot be made: ", error.message());
}

}  // namespace

LineFile::LineFile(const fs::path& path)
    : path_(path.string()), out_(path, std::ios::binary | std::ios::trunc) {
    TERN_CHECK(out_.is_open(), path_, "cannot be created: ", std::strerror(errno));
}

void LineFile::append(std::string_view line) {
    out_ << line << '\n' << std::flush;
    TERN_CHECK(out_.good(), path_, "cannot be written: ", std::strerror(errno));
}

void RunFolder::check_free(const fs::path& folder) {
    std::error_code error;
    TERN_CHECK(!fs::exists(folder / kConfig, error), folder.string(), "holds a run already (", kConfig,
               "); name another folder");
}

RunFolder RunFolder::make(const std::optional<fs::path>& folder, std::string_view model) {
    if (!folder) {
        make_all("runs");
        return RunFolder(make_numbered("runs", to_text(today(), '-', model)));
    }
    check_free(*folder);
    make_all(*folder);
    return RunFolder(*folder);
}

void RunFolder::write_config(std::string_view toml) const {
    write_file_atomically(path_ / kConfig, std::as_bytes(std::span(toml)));
}

}  // namespace tern
