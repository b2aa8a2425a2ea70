// How a run is made again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tern/apps/config.hpp"

namespace tern::apps::report {

/// For a POSIX shell: `tern train` with every setting of a config.toml as a flag, under mpirun for more than one rank. In pieces
/// with a blank between them: the command, then each flag with its value.
std::vector<std::string> train_command(const ConfigValues& config, std::size_t ranks);

}  // namespace tern::apps::report
