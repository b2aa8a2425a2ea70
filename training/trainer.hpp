// The loop over steps and epochs.
#pragma once

#include <functional>

#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/metrics.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/schedule.hpp"
#include "tern/training/training_step.hpp"

namespace tern {

/// How long and over which batches. Exactly one of epochs and steps is positive: a run of epochs gives a row
/// for each and evaluates after it; a run of steps goes on to the next epoch when the data ends and gives one
/// row.
struct TrainingPlan {
    std::int64_t epochs = 0;
    std::int64_t steps = 0;
    std::int64_t batch_size = 32;
    bool shuffle = true;
    std::uint64_t seed = 0;
    PrepareImagesParams augmentation = {};  // of the training pictures; its epoch is the trainer's to set
    double label_smoothing = 0;
};

struct TrainingProgress {
    std::int64_t epoch = 1;
    std::int64_t step = 0;  // steps done
    std::int64_t total_steps = 0;
    std::int64_t row_records = 0;  // records trained on since the last row
    double row_seconds = 0;
    const Totals& totals;  // since the last row; reading them waits for the device
};

/// Each may be empty. after_loss is called for every step, in order, but some time after it.
struct TrainingCallbacks {
    std::function<void(const TrainingProgress&)> after_step;
    std::function<void(const StepLoss&)> after_loss;
    std::function<void(const MetricsRow&)> after_row;
};

class Trainer {
  public:
    /// `test` may be null: nothing is evaluated then. Everything given must live as long as this object.
    Trainer(Module& model, Optimizer& optimizer, const Schedule& schedule, const BatchSource& train,
            const BatchSource* test, const TrainingPlan& plan, TrainingCallbacks callbacks);

    /// Runs the plan and returns its last row. Throws Error when a loss is no finite number.
    MetricsRow run();

    std::int64_t total_steps() const { return total_steps_; }

  private:
    bool run_epoch(std::int64_t epoch);
    void take_step(std::int64_t epoch, const Tensor& records);
    MetricsRow finish_row(std::int64_t epoch);
    void start_row();
    void flush_losses();
    TotalsRead read_finite_totals(std::int64_t epoch) const;
    double row_seconds() const;

    Module& model_;
    Optimizer& optimizer_;
    const Schedule& schedule_;
    const BatchSource& train_;
    const BatchSource* test_;
    TrainingPlan plan_;
    TrainingCallbacks callbacks_;
    std::int64_t total_steps_;
    TrainingStep step_;
    std::vector<StepLoss> waiting_;  // without their losses yet
    std::int64_t row_records_ = 0;
    double row_start_ = 0;
};

}  // namespace tern
