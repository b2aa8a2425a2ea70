// The page's own files, built into the program.
#pragma once

#include <string_view>

namespace tern::apps::report {

extern const std::string_view kPageStyle, kPageScript;
/// SHA-256 of the script in hexadecimal digits.
extern const std::string_view kPageScriptSum;

}  // namespace tern::apps::report
