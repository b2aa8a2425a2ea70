// What Recorders heard, as a file that chrome://tracing and Perfetto open.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tern/core/recorder.hpp"

namespace tern {

/// How many ranges of a process a trace has room for: TERN_TRACE_RANGES, else 131072, which are some 12 MB of the file.
/// Throws Error where that is no whole number from 1 to 2^24.
std::size_t trace_ranges();

/// The events of a process, JSON objects with commas between them, so that processes can send them: complete events
/// ("ph": "X") in microseconds since `origin`, seconds of the steady clock, to the nanosecond, and the names of the process
/// and its threads, "training" and "worker N". `process`: its number in the file, the rank.
std::string trace_events(int process, const std::string& name, std::span<const RecordedRange> ranges,
                         double origin);

/// A JSON object of Chrome's Trace Event Format, of the events of processes. "otherData" says how many ranges there was no
/// room for, and `note`, if any.
std::string chrome_trace(std::span<const std::string> events, std::int64_t dropped,
                         const std::string& note = "");

}  // namespace tern
