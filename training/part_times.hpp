// What ranks spent the time of a log line with.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tern {

/// Names of ranges (core/devices/range.hpp) that are the parts of a run, as times.jsonl has them.
std::vector<std::string_view> parts_of_a_run();

/// Of one rank, for times_line(): a JSON object with rank, host, seconds by part, the last of them "other", and waits, the
/// seconds for other ranks by purpose. `seconds`: Recorder::take_seconds() of a recorder of these parts.
std::string times_of_rank(int rank, const std::string& host, std::span<const double> seconds,
                          const std::map<std::string, double>& waits);

/// A line of times.jsonl: {"epoch": ..., "ranks": [...]}, of what ranks gave.
std::string times_line(std::int64_t epoch, std::span<const std::string> ranks);

}  // namespace tern
