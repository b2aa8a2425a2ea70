// Where a run stands.
#pragma once

#include <cstdint>

namespace tern {

/// Between two steps of a run.
struct TrainingPosition {
    std::int64_t step = 0;               // steps done
    std::int64_t epoch = 1;              // that the next batch is of
    std::int64_t batch = 0;              // batches of it done
    std::int64_t samples_since_log = 0;  // samples trained on since the last log line
    double seconds_since_log = 0;        // of training since then
};

}  // namespace tern
