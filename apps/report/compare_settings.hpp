// Settings of several runs side by side.
#pragma once

#include <string>
#include <vector>

#include "tern/apps/config.hpp"

namespace tern::apps::report {

/// A setting of several runs: one value of each, none where it has none.
struct SettingRow {
    std::string name;
    std::vector<Flag> values;
    bool differs = false;
};

/// Every setting that one of them has, in the order of tern train's flags.
std::vector<SettingRow> compare_settings(const std::vector<ConfigValues>& configs);

}  // namespace tern::apps::report
