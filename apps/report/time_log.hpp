// times.jsonl: where the time of a run's epochs went, rank by rank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tern::apps::report {

using NamedSeconds = std::vector<std::pair<std::string, double>>;

struct RankTimes {
    std::int64_t rank = 0;
    std::string host;
    NamedSeconds parts, waits;
};

struct TimeLog {
    std::vector<RankTimes> ranks;  // sums over the epochs, by rank
    std::int64_t epochs = 0;       // lines
    bool cut = false;              // the last line is not whole
};

/// The parts of a step and of a run, in the order in which they are shown; others come after them.
const std::vector<std::string>& time_parts();

/// Throws Error that names `file` and the line for one that is no JSON object of an epoch and its ranks, or has something else
/// than a number of seconds, from 0 to 1e12, where one must stand. A last line that was cut short is left out.
TimeLog parse_time_log(std::string_view text, const std::string& file);

}  // namespace tern::apps::report
