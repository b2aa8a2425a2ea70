#pragma once

#include "tern/bench/peaks.hpp"

namespace tern::bench {

/// Registers every case worth timing of every operation, once per implementation that can do it:
/// "<operation>.<pass>/<case>/<implementation>". Counters: GB/s (inputs read once, outputs written once),
/// GFLOP/s and both as a share of the peaks.
void register_op_benchmarks(const Peaks& peaks);

}  // namespace tern::bench
