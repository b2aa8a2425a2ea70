// Settings of `tern train` as TOML: config.toml of a run folder, and files for --config. Keys are the flags
// with underscores.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "tern/apps/train_flags.hpp"

namespace tern::apps {

/// Every setting as used.
std::string to_toml(const TrainSettings& settings);

/// Values by key, each as the text of its flag; "true" or "false" where the flag takes none.
using ConfigValues = std::map<std::string, std::string>;

/// Reads TOML. Throws Error that names `file` and the line, or the key that is none of the settings or is of a
/// wrong type.
ConfigValues parse_config(std::string_view toml, const std::string& file, std::span<const Setting> settings);
/// The settings of tern train from a file of at most 1 MiB.
ConfigValues read_config(const std::string& file);
/// The text of such a file.
std::string read_config_text(const std::string& file);
/// The lines of TOML that are comments as a whole.
std::string comments_of(const std::string& toml);

/// Sets the flags that are not given yet, and returns the keys of those. Of epochs and steps neither is set
/// where one is given.
std::set<std::string> fill_flags(TrainFlags& flags, const ConfigValues& values);

/// Throws UsageError naming the first flag, of those with names for values, that is given and another one
/// than in `values`, the config of the run in `folder`: before other flags are asked to fit it.
void check_same_names(const TrainFlags& flags, const ConfigValues& values, const std::string& folder);

/// Throws UsageError naming the first flag whose value in `settings` is another one than in `values`, the
/// config of the run in `folder`. Left out is what may change when a run continues: how long it is, the
/// learning rate, where it runs, where the data lies, what is kept.
void check_same_run(const TrainSettings& settings, const ConfigValues& values, const std::string& folder);

/// flags.settings() after fill_flags() from `values`; what is wrong with one of these throws Error that names
/// `file`, where they are from, and the key.
TrainSettings settings_with(TrainFlags flags, const ConfigValues& values, const std::string& file);

}  // namespace tern::apps
