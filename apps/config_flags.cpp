#include "tern/apps/config.hpp"

#include <algorithm>

#include "tern/apps/config_keys.hpp"
#include "tern/apps/console.hpp"

namespace tern::apps {

std::set<std::string> fill_flags(TrainFlags& flags, const ConfigValues& values) {
    std::set<std::string> filled;
    const bool length_given = flags.epochs || flags.steps;
    for (const Key& key : kKeys) {
        const auto value = values.find(key.name);
        if (value == values.end()) continue;
        if (key.flag == nullptr) {
            flags.log_steps = flags.log_steps || value->second == "true";
            continue;
        }
        const bool length = value->first == "epochs" || value->first == "steps";
        Flag& flag = key.flag(flags);
        if (flag || (length && length_given)) continue;
        flag = value->second;
        filled.insert(value->first);
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

void check_same_names(TrainFlags flags, const ConfigValues& values, const std::string& folder) {
    for (const Key& key : kKeys) {
        const bool is_name = (key.kind == Kind::text || key.kind == Kind::on_off) &&
                             key.name != std::string_view("init");  // that is a path
        if (!is_name || key.may_change) continue;
        const Flag& given = key.flag(flags);
        const auto then = values.find(key.name);
        if (given && then != values.end() && *given != then->second)
            usage_error(flag_of(key.name), "the run in ", one_line(folder), " has ", one_line(then->second),
                        ", got ", one_line(*given));
    }
}

void check_same_run(const TrainSettings& settings, const ConfigValues& values, const std::string& folder) {
    const ConfigValues asked = parse_config(to_toml(settings), folder);
    const char* const length = settings.plan.steps > 0 ? "steps" : "epochs";
    if (!values.contains(length))
        usage_error(flag_of(length), "the run in ", folder, " does not count these");
    for (const Key& key : kKeys) {
        const auto now = asked.find(key.name), then = values.find(key.name);
        if (key.may_change || (now == asked.end() && then == values.end())) continue;
        const auto text = [](const auto& found, const auto& end) {
            return found == end ? "none" : found->second;
        };
        const std::string here = text(now, asked.end()), there = text(then, values.end());
        if (here != there)
            usage_error(flag_of(key.name), "the run in ", one_line(folder), " has ", one_line(there),
                        ", got ", one_line(here));
    }
}

std::string flag_of(std::string key) {
    std::ranges::replace(key, '_', '-');
    return "--" + key;
}

}  // namespace tern::apps
