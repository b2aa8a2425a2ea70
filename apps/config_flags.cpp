#include "tern/apps/config.hpp"

#include "tern/apps/console.hpp"

namespace tern::apps {

ConfigValues read_config(const std::string& file) {
    return parse_config(read_config_text(file), file, train_settings());
}

std::set<std::string> fill_flags(TrainFlags& flags, const ConfigValues& values) {
    std::set<std::string> filled;
    const bool length_given = flags.has("epochs") || flags.has("steps");
    for (const auto& [name, text] : values) {
        const bool length = name == "epochs" || name == "steps";
        if (flags.has(name) || (length && length_given)) continue;
        flags.values[name] = text;
        filled.insert(name);
    }
    return filled;
}

TrainSettings settings_with(TrainFlags flags, const ConfigValues& values, const std::string& file) {
    const std::set<std::string> filled = fill_flags(flags, values);
    try {
        return flags.settings();
    } catch (const UsageError& error) {
        for (const std::string& key : filled) {
            if (error.flag() == flag_of(key)) fail(file, key, ' ', error.rule());
        }
        throw;
    }
}

void check_same_names(const TrainFlags& flags, const ConfigValues& values, const std::string& folder) {
    for (const Setting& key : train_settings()) {
        const bool is_name = (key.kind == SettingKind::text || key.kind == SettingKind::on_off) &&
                             key.name != "init" &&
                             key.name != "augment";  // a path; and one of several spellings
        if (!is_name || key.may_change) continue;
        const Flag given = flags.value(key.name);
        const auto then = values.find(key.name);
        if (given && then != values.end() && *given != then->second)
            usage_error(flag_of(key.name), "the run in ", one_line(folder), " has ", one_line(then->second),
                        ", got ", one_line(*given));
    }
}

void check_same_run(const TrainSettings& settings, const ConfigValues& values, const std::string& folder) {
    const char* const length = settings.plan.steps > 0 ? "steps" : "epochs";
    if (!values.contains(length))
        usage_error(flag_of(length), "the run in ", folder, " does not count these");
    for (const Setting& key : train_settings()) {
        if (key.may_change) continue;
        const auto then = values.find(key.name);
        const std::string here = key.text(settings).value_or("none"),
                          there = then == values.end() ? "none" : then->second;
        if (here != there)
            usage_error(flag_of(key.name), "the run in ", one_line(folder), " has ", one_line(there),
                        ", got ", one_line(here));
    }
}

}  // namespace tern::apps
