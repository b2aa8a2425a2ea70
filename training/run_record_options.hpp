// How a run of training is recorded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tern/core/dtype.hpp"
#include "tern/training/weights_info.hpp"

namespace tern {

struct RunRecordOptions {
    std::int64_t keep = 2;                 // checkpoints beside the best
    bool log_steps = false;                // every step's loss, in steps.jsonl
    bool log_times = false;                // what the time went into (add_times()), in times.jsonl
    bool tensorboard = false;              // all of it for TensorBoard too, in tensorboard/
    DType precision = DType::float32;      // of the losses there
    std::optional<WeightsInfo> info = {};  // what weight files say about themselves
    /// Told once of each thing that cannot be had and that a run can do without: lines, links.
    std::function<void(const std::string&)> warn = {};
};

}  // namespace tern
