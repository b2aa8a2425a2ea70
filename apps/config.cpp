#include "tern/apps/config.hpp"

#include <sstream>

#include <toml++/toml.h>

namespace tern::apps {
namespace {

// TOML tells floats from integers by a point or an exponent. toml++'s own 0.90000000000000002 is nobody's setting.
std::string toml_float(std::string text) {
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

void write_value(std::ostream& out, SettingKind kind, const std::string& text) {
    switch (kind) {
        case SettingKind::text:
        case SettingKind::on_off:
            out << toml::value<std::string>(text);
            return;
        case SettingKind::integer:
        case SettingKind::boolean:
            out << text;
            return;
        case SettingKind::number:
            out << toml_float(text);
            return;
        case SettingKind::integer_pair:
        case SettingKind::number_pair: {
            const SettingKind each =
                kind == SettingKind::integer_pair ? SettingKind::integer : SettingKind::number;
            const std::size_t comma = text.find(',');
            out << '[';
            write_value(out, each, text.substr(0, comma));
            out << ", ";
            write_value(out, each, text.substr(comma + 1));
            out << ']';
            return;
        }
    }
}

}  // namespace

std::string to_toml(const TrainSettings& settings) {
    std::ostringstream out;
    for (const Setting& setting : train_settings()) {
        const Flag text = setting.text(settings);
        if (!text) continue;
        out << setting.name << " = ";
        write_value(out, setting.kind, *text);
        out << '\n';
    }
    return out.str();
}

}  // namespace tern::apps
