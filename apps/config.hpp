// config.toml of a run folder.
#pragma once

#include <string>

#include "tern/apps/train_flags.hpp"

namespace tern::apps {

/// Every setting as used; keys are the flags with underscores.
std::string to_toml(const TrainSettings& settings);

}  // namespace tern::apps
