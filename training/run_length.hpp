// How long a run is, in steps and in epochs.
#pragma once

#include <cstdint>
#include <vector>

namespace tern {

struct TrainingPlan;

/// From `epoch` (2 or later) on batches are `factor` times as large as at the start.
struct BatchGrowth {
    std::int64_t epoch = 2, factor = 1;
};

/// Where the epochs of a plan begin, whose batches may grow.
class RunLength {
  public:
    /// Throws Error for a plan that has not one of epochs and steps, or more than 2^63 steps, and for a growth that is
    /// not in the order of its epochs, or begins after the run's end.
    RunLength(const TrainingPlan& plan, std::int64_t samples);

    std::int64_t steps() const { return steps_; }
    /// The same in epochs; a run of steps may end within one.
    double epochs() const { return epochs_at(steps_); }
    /// After so many steps, at most those of the run.
    double epochs_at(std::int64_t step) const;
    /// Of `epoch`, from 1.
    std::int64_t batch_size(std::int64_t epoch) const { return stretch_of(epoch).batch_size; }
    /// Steps in the first `epochs`: of the last, if that is a part, as large a part of its steps, rounded.
    std::int64_t steps_in(double epochs) const;

  private:
    // Epochs with batches of one size.
    struct Stretch {
        std::int64_t epoch, step;  // the first of them, and the steps before
        std::int64_t batch_size, steps_per_epoch;
    };
    const Stretch& stretch_of(std::int64_t epoch) const;

    std::vector<Stretch> stretches_;
    std::int64_t steps_ = 0;
};

}  // namespace tern
