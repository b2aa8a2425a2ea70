#include "tern/apps/toml_text.hpp"

#include "tern/apps/console.hpp"
#include "tern/core/error.hpp"

namespace tern::apps {

toml::table parse_toml(std::string_view text, const std::string& file) {
    try {
        return toml::parse(text, file);
    } catch (const toml::parse_error& error) {
        fail(file, "line ", error.source().begin.line, " is no TOML: ", one_line(error.description()));
    }
}

}  // namespace tern::apps
