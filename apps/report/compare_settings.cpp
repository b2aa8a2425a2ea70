#include "tern/apps/report/compare_settings.hpp"

#include <algorithm>

namespace tern::apps::report {

std::vector<SettingRow> compare_settings(const std::vector<ConfigValues>& configs) {
    std::vector<SettingRow> rows;
    for (const Setting& setting : train_settings()) {
        SettingRow row{setting.name, {}, false};
        for (const ConfigValues& config : configs) {
            const auto found = config.find(setting.name);
            row.values.push_back(found == config.end() ? Flag() : found->second);
        }
        if (std::ranges::none_of(row.values, [](const Flag& value) { return value.has_value(); })) continue;
        row.differs =
            std::ranges::any_of(row.values, [&](const Flag& value) { return value != row.values[0]; });
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace tern::apps::report
