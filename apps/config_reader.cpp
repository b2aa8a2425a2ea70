#include "tern/apps/config.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tern/apps/console.hpp"
#include "tern/apps/toml_text.hpp"

namespace tern::apps {
namespace {

const char* in_words(SettingKind kind) {
    switch (kind) {
        case SettingKind::text:
            return "a text in quotes";
        case SettingKind::on_off:
            return "\"on\", \"off\", true or false";
        case SettingKind::integer:
            return "a whole number";
        case SettingKind::number:
            return "a number";
        case SettingKind::integer_pair:
            return "two whole numbers in brackets";
        case SettingKind::number_pair:
            return "two numbers in brackets";
        case SettingKind::boolean:
            break;
    }
    return "true or false";
}

std::optional<std::string> number_text(const toml::node& node) {
    if (node.is_integer()) return std::to_string(node.as_integer()->get());
    if (node.is_floating_point()) return shortest(node.as_floating_point()->get());
    return {};
}

// Also 2.0 and 1e3, which other programs write for whole numbers.
std::optional<std::string> whole_text(const toml::node& node) {
    if (node.is_integer()) return number_text(node);
    if (!node.is_floating_point()) return {};
    const double value = node.as_floating_point()->get();
    constexpr double kExact = 0x1p53;
    if (value != std::floor(value) || !(std::abs(value) <= kExact)) return {};
    return std::to_string(static_cast<std::int64_t>(value));
}

// As the text of a flag, if the value is of that kind.
std::optional<std::string> flag_text(const toml::node& node, SettingKind kind) {
    switch (kind) {
        case SettingKind::text:
            return node.value_exact<std::string>();
        case SettingKind::on_off:
            if (node.is_boolean()) return node.as_boolean()->get() ? "on" : "off";
            return node.value_exact<std::string>();
        case SettingKind::integer:
            return whole_text(node);
        case SettingKind::number:
            return number_text(node);
        case SettingKind::integer_pair:
        case SettingKind::number_pair: {
            const toml::array* pair = node.as_array();
            if (pair == nullptr || pair->size() != 2) return {};
            const auto of = kind == SettingKind::integer_pair ? whole_text : number_text;
            const auto first = of(*pair->get(0)), second = of(*pair->get(1));
            if (!first || !second) return {};
            return *first + ',' + *second;
        }
        case SettingKind::boolean:
            break;
    }
    if (!node.is_boolean()) return {};
    return node.as_boolean()->get() ? "true" : "false";
}

}  // namespace

ConfigValues parse_config(std::string_view toml, const std::string& file, std::span<const Setting> settings) {
    const toml::table table = parse_toml(toml, file);
    ConfigValues values;
    for (const auto& [name, node] : table) {
        std::string key = one_line(name.str());
        std::ranges::replace(key, '-', '_');  // spelled as the flag
        const auto known = std::ranges::find(settings, key, &Setting::name);
        TERN_CHECK(known != settings.end(), file, "line ", node.source().begin.line, ": ", key,
                   " is not a setting; they are the flags of tern train with _ for -");
        const std::optional<std::string> text = flag_text(node, known->kind);
        TERN_CHECK(text, file, "line ", node.source().begin.line, ": ", key, " must be ",
                   in_words(known->kind));
        TERN_CHECK(values.emplace(key, *text).second, file, "line ", node.source().begin.line, ": ", key,
                   " appears twice, with _ and with -");
    }
    return values;
}

std::string read_config_text(const std::string& file) { return read_toml_file(file, std::int64_t{1} << 20); }

std::string comments_of(const std::string& toml) {
    std::string comments;
    std::istringstream lines(toml);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) comments += line + '\n';
    }
    return comments;
}

}  // namespace tern::apps
