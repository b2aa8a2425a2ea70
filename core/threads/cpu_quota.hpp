// How much CPU time a control group leaves to this process.
#pragma once

#include <filesystem>
#include <limits>
#include <string>

namespace tern {

inline constexpr double kNoQuota = std::numeric_limits<double>::infinity();

/// CPUs by the text of cpu.max (version 2), "150000 100000\n": 1.5; kNoQuota for "max 100000" and what is
/// none.
double parse_cpu_max(const std::string& text);

/// CPUs that the control groups of this process leave it, the smallest of all above it, by version 2 or 1;
/// kNoQuota where there is no limit. `root`: the folder in which proc and sys are.
double cpu_quota(const std::filesystem::path& root = "/");

}  // namespace tern
