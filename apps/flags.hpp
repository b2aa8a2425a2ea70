// Flags as text, and the checks that turn them into values. Wrong ones throw UsageError.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/error.hpp"

namespace tern::apps {

/// The command line is wrong, whatever the machine: exit status 2.
class UsageError : public std::runtime_error {
  public:
    /// what() is "[flag] rule".
    UsageError(std::string flag, std::string rule);

    const std::string& flag() const { return flag_; }
    const std::string& rule() const { return rule_; }

  private:
    std::string flag_, rule_;
};

/// A flag as given, or none.
using Flag = std::optional<std::string>;

/// Throws UsageError(flag, parts...).
template <class... Args>
[[noreturn]] void usage_error(std::string_view flag, const Args&... parts) {
    throw UsageError(std::string(flag), to_text(parts...));
}

/// The parts between the commas, at least one.
std::vector<std::string> split_at_commas(std::string_view text);

/// A whole number in [low, high].
std::int64_t parse_integer(std::string_view flag, std::string_view text, std::int64_t low,
                           std::int64_t high = std::numeric_limits<std::int64_t>::max());

/// The numbers that a flag may have; neither NaN nor infinite.
struct NumberRange {
    double low = 0;
    bool low_included = true;
    std::optional<double> below = {};  // an upper limit that is not included
    std::optional<double> most = {};   // one that is
};
double parse_number(std::string_view flag, std::string_view text, const NumberRange& range);

/// One of `choices`.
std::string parse_choice(std::string_view flag, const std::string& text,
                         const std::vector<std::string_view>& choices);

/// For the descriptions of flags: "a|b|c".
std::string join_choices(const std::vector<std::string_view>& choices);

}  // namespace tern::apps
