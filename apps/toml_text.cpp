#include "tern/apps/toml_text.hpp"

#include "tern/apps/console.hpp"
#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/file_kind.hpp"

namespace tern::apps {

toml::table parse_toml(std::string_view text, const std::string& file) {
    try {
        return toml::parse(text, file);
    } catch (const toml::parse_error& error) {
        fail(file, "line ", error.source().begin.line, " is not TOML: ", one_line(error.description()));
    }
}

std::string read_toml_file(const std::string& file, std::int64_t limit) {
    const FileKind kind = file_kind_at(file);
    const bool may_be = kind == FileKind::unknown || kind == FileKind::empty || kind == FileKind::text;
    if (!may_be) fail(file, mistaken_kind(kind, "TOML"));
    return read_text_file(file, limit);
}

}  // namespace tern::apps
