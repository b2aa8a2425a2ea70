// --data: which images.
#pragma once

#include "tern/apps/flags.hpp"
#include "tern/data/dataset.hpp"

namespace tern::apps {

/// The value of --data, or of the argument of that name, else of TERN_DATA; throws UsageError where both are
/// missing.
std::string data_source(const Flag& flag, std::string_view name = "--data");

/// Reads one split of CIFAR-10 from a folder, or makes it where `source` is "synthetic".
Dataset load_split(const std::string& source, Split split);

}  // namespace tern::apps
