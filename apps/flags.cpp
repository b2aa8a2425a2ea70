#include "tern/apps/flags.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tern::apps {
namespace {

// Without blanks around it, which come from scripts, and without a plus sign, both of which from_chars()
// refuses.
std::string_view bare(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    text = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    return text;
}

template <class T>
std::optional<T> parse_whole(std::string_view given) {
    const std::string_view text = bare(given);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

std::string join(const std::vector<std::string_view>& choices, std::string_view separator) {
    std::string text;
    for (const std::string_view choice : choices) text += to_text(text.empty() ? "" : separator, choice);
    return text;
}

std::string in_words(const NumberRange& range) {
    std::string rule = to_text(range.low_included ? "of at least " : "above ", range.low);
    if (range.below) rule += to_text(" and below ", *range.below);
    if (range.most) rule += to_text(" and at most ", *range.most);
    return rule;
}

}  // namespace

UsageError::UsageError(std::string flag, std::string rule)
    : std::runtime_error(to_text('[', flag, "] ", rule)), flag_(std::move(flag)), rule_(std::move(rule)) {}

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts(1);
    for (const char letter : text) letter == ',' ? parts.emplace_back() : parts.back() += letter;
    return parts;
}

std::int64_t parse_integer(std::string_view flag, std::string_view text, std::int64_t low,
                           std::int64_t high) {
    const std::optional<std::int64_t> value = parse_whole<std::int64_t>(text);
    if (value && *value >= low && *value <= high) return *value;
    if (high == std::numeric_limits<std::int64_t>::max())
        usage_error(flag, "must be a whole number of at least ", low, ", got ", text);
    usage_error(flag, "must be a whole number from ", low, " to ", high, ", got ", text);
}

double parse_number(std::string_view flag, std::string_view text, const NumberRange& range) {
    const std::optional<double> value = parse_whole<double>(text);
    const bool good = value && std::isfinite(*value) &&
                      (range.low_included ? *value >= range.low : *value > range.low) &&
                      (!range.below || *value < *range.below) && (!range.most || *value <= *range.most);
    if (!good) usage_error(flag, "must be a number ", in_words(range), ", got ", text);
    return *value;
}

std::string parse_choice(std::string_view flag, const std::string& text,
                         const std::vector<std::string_view>& choices) {
    if (std::ranges::find(choices, text) == choices.end())
        usage_error(flag, "must be one of ", join(choices, ", "), ", got ", text);
    return text;
}

std::string join_choices(const std::vector<std::string_view>& choices) { return join(choices, "|"); }

}  // namespace tern::apps
