// TOML of files, with tern's errors.
#pragma once

#include <string>
#include <string_view>

#include <toml++/toml.h>

namespace tern::apps {

/// Throws Error that names `file` and the line of what is no TOML.
toml::table parse_toml(std::string_view text, const std::string& file);

}  // namespace tern::apps
