// Recipes by name, which are other defaults for the flags of `tern train`.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tern/apps/config.hpp"

namespace tern::apps {

struct Preset {
    std::string_view name;
    std::string_view model;
    std::string_view recipe;    // TOML, as for --config; of several presets
    std::string_view settings;  // the rest of it
};

/// In the order in which they are listed; one for each model that a name is for.
std::span<const Preset> presets();

/// Each name once.
std::vector<std::string_view> preset_names();

/// What the preset `name` sets, of several with that name the one for `model`, without it the first: `model` and all
/// its settings. Throws UsageError for an unknown name, and for a model that it is not for.
ConfigValues preset_values(const std::string& name, const Flag& model);

}  // namespace tern::apps
