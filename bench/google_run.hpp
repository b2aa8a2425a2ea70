// A run of what is registered with Google Benchmark.
#pragma once

#include "tern/bench/google_flags.hpp"

namespace tern::bench {

/// Runs the benchmarks that the flags choose. Throws apps::UsageError where they choose none, before any file
/// is touched; the file of results is written when all of them are complete.
void run_google(const GoogleFlags& flags);

}  // namespace tern::bench
