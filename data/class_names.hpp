// Names of classes, and the files that list them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

/// Whether a line is UTF-8 without control characters, not empty, with no byte order mark before it and no
/// blank after it: fit for terminals and JSON, and read as it was written.
bool is_class_name(const std::string& line);

/// Throws Error "[where] ..." unless there are 1 to Dataset::kMostClasses names that differ, all of them
/// is_class_name().
void check_class_names(std::string_view where, const std::vector<std::string>& names);

/// Bytes of a file with names of classes: 1,000 of 256 letters.
inline constexpr std::int64_t kLargestClassNames = 1 << 18;

/// Names of the classes from the text of a file: one a line; throws Error that names `file` where there is
/// none, more than Dataset::kMostClasses, or one is empty, not printable, not UTF-8 or there twice. A byte
/// order mark, line ends of Windows and blanks at the end of a line belong to no name.
std::vector<std::string> parse_class_names(const std::string& file, const std::string& text);

/// The same from the file itself.
std::vector<std::string> read_class_names(const std::filesystem::path& file);

/// "class 0", "class 1", ...: for sets that name none.
std::vector<std::string> numbered_classes(std::int64_t count);

}  // namespace tern
