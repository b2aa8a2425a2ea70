// The flags of `tern train`.
#pragma once

#include <map>

#include "tern/apps/settings/settings.hpp"

namespace tern::apps {

struct TrainFlags {
    std::map<std::string, Flag> values;  // by the name of the setting
    Flag run, config, plot_schedule, trace;
    bool resume = false, json = false, dry_run = false;

    void add_to(CLI::App& app);
    /// Checks every flag in the order of the settings; throws UsageError. Nothing of the process is set.
    TrainSettings settings() const;

    bool has(const std::string& name) const { return value(name).has_value(); }
    Flag value(const std::string& name) const;

  private:
    std::map<std::string, bool> switches_;  // flags that take no value
};

}  // namespace tern::apps
