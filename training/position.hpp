// Where a run stands.
#pragma once

#include <cstdint>

namespace tern {

/// Between two steps of a run, and how its evaluations went until there.
struct TrainingPosition {
    std::int64_t step = 0;               // steps done
    std::int64_t epoch = 1;              // that the next batch is of
    std::int64_t batch = 0;              // batches of it done
    std::int64_t samples_since_log = 0;  // samples trained on since the last log line
    double seconds_since_log = 0;        // of training since then
    std::int64_t best_step = 0;          // after which the evaluation went best; 0: none yet
    std::int64_t best_epoch = 0;         // that ended there
    double best_value = 0;               // of what says so, then
};

}  // namespace tern
