// What people read: numbers in columns, bytes, times, lines free of control characters.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>
#include <string_view>

namespace tern::apps {

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

/// As many digits as the number needs: "0.9", "1e-07".
std::string shortest(double value);

/// "345.6 MiB"
std::string format_bytes(double bytes);
/// "2:05", "1:02:05"
std::string format_seconds(double seconds);
/// "94,474"
std::string format_count(long long count);

/// A line on standard error, "tern: ...": what is done all the same, but differently than expected.
void warn(std::string_view line);

/// Whether that is a terminal which takes more than lines of text: not one that TERM calls dumb, or nothing.
bool is_full_terminal(std::FILE* stream);

/// Whether that is such a terminal whose user has not set NO_COLOR (https://no-color.org).
bool wants_colour(std::FILE* stream);

/// The text with control characters replaced by "?": names in files must not move the cursor or break the
/// line.
std::string one_line(std::string_view text);

}  // namespace tern::apps
