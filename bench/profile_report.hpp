#pragma once

#include <string>

#include "tern/bench/peaks.hpp"
#include "tern/bench/step_profile.hpp"

namespace tern::bench {

/// Tables on standard output: times, rates and their shares of the peaks.
void print_profile(const StepProfile& profile, const ProfileSettings& settings, const Peaks& peaks,
                   ProfileBy by);

/// The rows by operation and layer, and the sums, as a JSON object; throws Error where it cannot be written.
void write_profile(const std::string& path, const StepProfile& profile, const ProfileSettings& settings,
                   const Peaks& peaks);

}  // namespace tern::bench
