// What a run reports: a log line per epoch, a loss per step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tern/core/dtype.hpp"
#include "tern/training/totals.hpp"

namespace tern {

/// A line of metrics.jsonl: of one epoch, or of a whole run of a number of steps.
struct LogLine {
    std::int64_t epoch = 0;          // the one that ended, from 1; of a run of steps the last that was begun
    TotalsRead train;                // running means in training mode
    std::optional<TotalsRead> test;  // in evaluation mode, after the last of its steps
    double seconds = 0;              // of training, without evaluation
    double learning_rate = 0;        // of the last step
    std::int64_t batch_size = 0;     // of a run whose batches grow; else 0
    std::optional<TotalsRead> validation = {};  // as test, which is none then
    std::int64_t step = 0;                      // after which it was; not in the file

    double images_per_second() const;
    /// One JSON object on one line: epoch, train_loss, train_accuracy and what other metrics there are,
    /// validation_loss, validation_accuracy, ... if evaluated, test_loss, test_accuracy, ... (null if not),
    /// seconds, images_per_second, learning_rate, and batch_size where it grows.
    std::string to_json() const;
};

/// The last line of metrics.jsonl where samples were held out to validate on: the tests, looked at once.
struct TestLine {
    std::int64_t best_epoch = 0;  // whose weights were tested
    TotalsRead test;

    /// best_epoch, test_loss, test_accuracy, ...
    std::string to_json() const;
};

struct StepLoss {
    std::int64_t step = 0;  // from 1
    double loss = 0;
    double learning_rate = 0;

    /// {"step": ..., "loss": ..., "learning_rate": ...} with 9 digits, 17 for float64: the loss exactly.
    std::string to_json(DType precision) const;
};

}  // namespace tern
