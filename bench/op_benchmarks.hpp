#pragma once

#include "tern/bench/roofs.hpp"

namespace tern::bench {

/// Registers every case worth timing of every operation, once per implementation that can do it:
/// "<operation>.<pass>/<case>/<implementation>". Counters: GB/s (inputs read once, outputs written once),
/// GFLOP/s and both as a share of the roofs.
void register_op_benchmarks(const Roofs& roofs);

}  // namespace tern::bench
