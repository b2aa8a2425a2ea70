#include "tern/apps/config.hpp"

#include <algorithm>

#include "tern/apps/config_keys.hpp"
#include "tern/apps/console.hpp"
#include "tern/apps/toml_text.hpp"
#include "tern/core/file.hpp"

namespace tern::apps {
namespace {

const char* in_words(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "a text in quotes";
        case Kind::integer:
            return "a whole number";
        case Kind::number:
            return "a number";
        case Kind::pair:
            return "two numbers in brackets";
        case Kind::boolean:
            break;
    }
    return "true or false";
}

std::optional<std::string> number_text(const toml::node& node) {
    if (node.is_integer()) return std::to_string(node.as_integer()->get());
    if (node.is_floating_point()) return shortest(node.as_floating_point()->get());
    return {};
}

// As the text of a flag, if the value is of that kind.
std::optional<std::string> flag_text(const toml::node& node, Kind kind) {
    switch (kind) {
        case Kind::text:
            return node.value_exact<std::string>();
        case Kind::integer:
            return node.is_integer() ? number_text(node) : std::nullopt;
        case Kind::number:
            return number_text(node);
        case Kind::pair: {
            const toml::array* pair = node.as_array();
            if (pair == nullptr || pair->size() != 2) return {};
            const auto first = number_text(*pair->get(0)), second = number_text(*pair->get(1));
            if (!first || !second) return {};
            return *first + ',' + *second;
        }
        case Kind::boolean:
            break;
    }
    if (!node.is_boolean()) return {};
    return node.as_boolean()->get() ? "true" : "false";
}

}  // namespace

ConfigValues parse_config(std::string_view toml, const std::string& file) {
    const toml::table table = parse_toml(toml, file);
    ConfigValues values;
    for (const auto& [name, node] : table) {
        const std::string key = one_line(name.str());
        const auto known = std::ranges::find(kKeys, key, &Key::name);
        TERN_CHECK(known != kKeys.end(), file, "line ", node.source().begin.line, ": ", key,
                   " is no setting; they are the flags of tern train with _ for -");
        const std::optional<std::string> text = flag_text(node, known->kind);
        TERN_CHECK(text, file, "line ", node.source().begin.line, ": ", key, " must be ",
                   in_words(known->kind));
        values.emplace(key, *text);
    }
    return values;
}

ConfigValues read_config(const std::string& file) {
    return parse_config(read_text_file(file, std::int64_t{1} << 20), file);
}

}  // namespace tern::apps
