// Where a run stands.
#pragma once

#include <cstdint>

namespace tern {

/// Between two steps of a run.
struct TrainingPosition {
    std::int64_t step = 0;         // steps done
    std::int64_t epoch = 1;        // that the next batch is of
    std::int64_t batch = 0;        // batches of it done
    std::int64_t row_records = 0;  // samples trained on since the last row
    double row_seconds = 0;        // of training since then
};

}  // namespace tern
