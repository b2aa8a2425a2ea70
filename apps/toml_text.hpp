// TOML of files, with tern's errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <toml++/toml.h>

namespace tern::apps {

/// Throws Error that names `file` and the line of what is not TOML.
toml::table parse_toml(std::string_view text, const std::string& file);

/// The text of a file of at most `limit` bytes; throws Error that says what it is where that is not text.
std::string read_toml_file(const std::string& file, std::int64_t limit);

}  // namespace tern::apps
