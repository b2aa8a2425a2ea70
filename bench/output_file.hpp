// What a measurement is written into when it is over, minutes after the command line was read.
#pragma once

#include <string>
#include <string_view>

namespace tern::bench {

/// Throws Error where `path` could not be written: it is a folder, or it or its folder is not to be written
/// to.
void check_output(std::string_view flag, const std::string& path);

/// Writes all of it, or leaves what was there. A pipe or a device is written to, not replaced.
void write_output(std::string_view flag, const std::string& path, std::string_view text);

}  // namespace tern::bench
