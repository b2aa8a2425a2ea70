#include "tern/apps/tuning_file.hpp"

#include <sstream>

#include "tern/apps/console.hpp"
#include "tern/apps/flags.hpp"
#include "tern/apps/toml_text.hpp"
#include "tern/core/devices/device_info.hpp"

namespace tern::apps {

std::string tuning_device(Device device) { return device.is_cpu() ? "cpu" : device_info(device).name; }

std::string tuning_to_toml(const TuningTable::Choices& choices, const std::string& device,
                           const std::string& made_by) {
    toml::table rows;
    for (const auto& [problem, name] : choices) rows.insert(problem, name);
    const toml::table table{{"device", device}, {"choices", std::move(rows)}};
    // As literals ('...') toml++ 3.3 would write a line's end as it is, which no reader takes.
    constexpr auto kFlags = toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings;
    std::ostringstream out;
    out << "# Written by " << made_by << "\n"
        << "# Problems in which another implementation was faster than the usual one, and its name.\n"
        << toml::toml_formatter{table, kFlags} << "\n";
    return out.str();
}

std::shared_ptr<const TuningTable> parse_tuning(std::string_view toml, const std::string& file,
                                                const std::string& device) {
    const toml::table table = parse_toml(toml, file);
    const auto measured_on = table["device"].value<std::string>();
    const toml::table* rows = table["choices"].as_table();
    TERN_CHECK(measured_on && rows != nullptr, file, "is not a table of tern tune: it has no ",
               measured_on ? "[choices]" : "device");
    TERN_CHECK(*measured_on == device, file, "was measured on ", one_line(*measured_on), ", this is ", device,
               "; run tern tune here");
    TuningTable::Choices choices;
    for (const auto& [problem, node] : *rows) {
        const auto name = node.value<std::string>();
        TERN_CHECK(name, file, "line ", node.source().begin.line, ": the choice must be a text in quotes");
        try {
            device_of_implementation(*name);
            choices.emplace(std::string(problem.str()), *name);
        } catch (const Error& error) {
            fail(file, "line ", node.source().begin.line, ": ", one_line(error.rule()));
        }
    }
    try {
        return std::make_shared<const TuningTable>(std::move(choices));
    } catch (const Error& error) {
        fail(file, one_line(error.rule()));
    }
}

}  // namespace tern::apps
