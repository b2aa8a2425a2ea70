#include "tern/apps/settings/settings.hpp"

#include <algorithm>

#include "tern/apps/settings/rows.hpp"

namespace tern::apps {
namespace {

std::vector<Setting> make_settings() {
    std::vector<Setting> all;
    for (const auto& table : {data_settings, optimizer_settings, schedule_settings, run_settings})
        std::ranges::move(table(), std::back_inserter(all));
    return all;
}

}  // namespace

const std::vector<Setting>& train_settings() {
    static const std::vector<Setting> settings = make_settings();
    return settings;
}

std::string flag_of(std::string name) {
    std::ranges::replace(name, '_', '-');
    return "--" + name;
}

}  // namespace tern::apps
