#include "tern/apps/report/json_lines.hpp"

#include <cmath>

#include "tern/apps/console.hpp"

namespace tern::apps::report {
namespace {

using Json = nlohmann::json;

// As a message shows it: short, on one line.
std::string shown(const Json& value) {
    constexpr std::size_t kMost = 40;
    const std::string text = one_line(value.dump(-1, ' ', true, Json::error_handler_t::replace));
    return text.size() <= kMost ? text : text.substr(0, kMost) + "...";
}

}  // namespace

const Json& JsonLine::at(const char* key) const {
    const auto found = object.find(key);
    if (found == object.end()) refuse("has no ", key);
    return *found;
}

std::optional<double> JsonLine::number_or_null(const char* key) const {
    if (at(key).is_null()) return {};
    return finite(key);
}

double JsonLine::finite(const char* key) const {
    const Json& value = at(key);
    constexpr double kMost = 1e100;  // nothing that is measured; so that differences and sums stay finite
    if (!value.is_number() || !(std::abs(value.get<double>()) <= kMost))
        refuse(key, " must be a number, got ", shown(value));
    return value.get<double>();
}

std::int64_t JsonLine::whole(const char* key, std::int64_t low) const {
    constexpr double kExact = 0x1p53;
    const double value = finite(key);
    if (value != std::floor(value) || value < static_cast<double>(low) || value > kExact)
        refuse(key, " must be a whole number of at least ", low, ", got ", shown(at(key)));
    return static_cast<std::int64_t>(value);
}

bool for_each_json_line(std::string_view text, const std::string& file,
                        const std::function<void(const JsonLine& line)>& take) {
    for (std::int64_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        Json object = Json::parse(text.substr(0, end), nullptr, false);
        if (object.is_discarded() && end == std::string_view::npos) return true;
        TERN_CHECK(object.is_object(), file, "line ", number, " is not a JSON object");
        take({std::move(object), file, number});
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return false;
}

}  // namespace tern::apps::report
