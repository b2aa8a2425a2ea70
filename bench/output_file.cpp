#include "tern/bench/output_file.hpp"

#include <cerrno>
#include <filesystem>
#include <span>

#include <fcntl.h>
#include <unistd.h>

#include "tern/apps/flags.hpp"
#include "tern/core/error.hpp"
#include "tern/core/file.hpp"
#include "tern/core/file_descriptor.hpp"

namespace tern::bench {

namespace fs = std::filesystem;

void check_output(std::string_view flag, const std::string& path) {
    if (path.empty()) apps::usage_error(flag, "must name a file");
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    TERN_CHECK(!fs::is_directory(status), flag, path, " is a folder, expected a file");
    const fs::path parent = fs::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    const bool writable = fs::exists(status) ? ::access(path.c_str(), W_OK) == 0
                                             : ::access((folder + "/.").c_str(), W_OK | X_OK) == 0;
    TERN_CHECK(writable, flag, path, " cannot be written: ", std::generic_category().message(errno));
}

void write_output(std::string_view flag, const std::string& path, std::string_view text) {
    try {
        std::error_code error;
        const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
        const fs::file_status status = fs::status(path, error);
        if (fs::exists(status) && !fs::is_regular_file(status)) {
            FileDescriptor file(path, O_WRONLY, "cannot be opened");
            file.write_all(bytes);
            file.close();
        } else {
            write_file_atomically(fs::exists(status) ? fs::canonical(path) : fs::path(path), bytes);
        }
    } catch (const Error& error) {
        fail(flag, path, ' ', apps::rule_of(error));
    }
}

}  // namespace tern::bench
