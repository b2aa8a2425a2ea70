#include "tern/training/results_csv.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "tern/core/error.hpp"

namespace tern {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> parse_lines(const std::string& file, std::string_view lines) {
    std::vector<Json> objects;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        objects.push_back(Json::parse(lines.substr(0, end), nullptr, false));
        TERN_CHECK(objects.back().is_object(), file, "its line ", objects.size(), " is not a JSON object");
        for (const auto& item : objects.back().items())
            TERN_CHECK(!item.value().is_structured(), file, "its line ", objects.size(),
                       " has more than a number or a text for \"", item.key(), '"');
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return objects;
}

std::string text_of(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    return quoted + '"';
}

std::string csv_of_json_lines(const std::string& file, std::string_view lines) {
    const std::vector<Json> objects = parse_lines(file, lines);
    std::vector<std::string> keys;
    for (const Json& object : objects)
        for (const auto& item : object.items())
            if (std::ranges::find(keys, item.key()) == keys.end()) keys.push_back(item.key());
    std::string csv;
    const auto add = [&csv](std::size_t column, const std::string& text) {
        csv += (column > 0 ? "," : "") + csv_field(text);
    };
    for (std::size_t i = 0; i < keys.size(); ++i) add(i, keys[i]);
    if (!objects.empty()) csv += "\r\n";
    for (const Json& object : objects) {
        for (std::size_t i = 0; i < keys.size(); ++i)
            add(i, object.contains(keys[i]) ? text_of(object[keys[i]]) : "");
        csv += "\r\n";
    }
    return csv;
}

}  // namespace tern
