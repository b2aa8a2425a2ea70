// Log lines for spreadsheets.
#pragma once

#include <string>
#include <string_view>

namespace tern {

/// The text as one value of a line (RFC 4180): in quotes where it has a comma, a quote or an end of line.
std::string csv_field(const std::string& text);

/// Lines of JSON objects as comma-separated values (RFC 4180, lines end with CR LF): a header of all their keys, in the
/// order in which they first come, and a line for each object, empty where it lacks a key or has null. "" for no line.
/// Throws Error that names `file` for a line that is no JSON object of numbers and texts.
std::string csv_of_json_lines(const std::string& file, std::string_view lines);

}  // namespace tern
