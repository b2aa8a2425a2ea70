// metrics.jsonl, as a run leaves it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tern::apps::report {

/// Of one evaluation; none where it was not made, or the number was not finite.
struct Scores {
    std::optional<double> loss, accuracy;
};

struct EpochLine {
    std::int64_t epoch = 0;  // from 1
    Scores train, validation, test;
    double seconds = 0, images_per_second = 0, learning_rate = 0;
};

struct RunLog {
    std::vector<EpochLine> epochs;
    bool validated = false;                  // samples were held out
    std::optional<std::int64_t> best_epoch;  // of a validated run that is at its end
    Scores best_test;                        // with the weights of that epoch
    bool cut = false;                        // the last line is not whole
};

/// Throws Error that names `file` and the line for one that is no JSON object, has not all columns, has something else than a
/// number in one, or an epoch below that of the line before. A last line that was cut short is left out.
RunLog parse_run_log(std::string_view text, const std::string& file);

/// The epoch with the highest accuracy of what `best` was chosen by, the first of equal ones; none without evaluations.
std::optional<std::int64_t> best_epoch(const RunLog& log);

}  // namespace tern::apps::report
