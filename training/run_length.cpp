#include "tern/training/run_length.hpp"

#include <cmath>
#include <limits>

#include "tern/training/trainer.hpp"

namespace tern {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t grown(std::int64_t batch_size, const BatchGrowth& growth) {
    std::int64_t size = 0;
    TERN_CHECK(growth.factor >= 1 && !__builtin_mul_overflow(batch_size, growth.factor, &size), "train",
               "a batch grows by a factor of at least 1 to at most 2^63 samples, got ", growth.factor,
               " times ", batch_size);
    return size;
}

}  // namespace

RunLength::RunLength(const TrainingPlan& plan, std::int64_t samples) {
    TERN_CHECK((plan.epochs > 0) != (plan.steps > 0), "train",
               "one of epochs and steps must be positive, got ", plan.epochs, " and ", plan.steps);
    TERN_CHECK(plan.batch_size > 0 && samples > 0, "train", "batches of ", plan.batch_size, " from ", samples,
               " samples");
    // Steps before `epoch`, which comes after those of the last stretch.
    const auto steps_before = [&](std::int64_t epoch) {
        const Stretch& last = stretches_.back();
        std::int64_t steps = 0;
        const bool too_many = __builtin_mul_overflow(epoch - last.epoch, last.steps_per_epoch, &steps) ||
                              __builtin_add_overflow(last.step, steps, &steps);
        if (too_many && plan.steps > 0) return kNever;
        TERN_CHECK(!too_many, "train", epoch - 1, " epochs of ", last.steps_per_epoch,
                   " steps are more than 2^63 steps");
        return steps;
    };
    stretches_.push_back({1, 0, plan.batch_size, (samples - 1) / plan.batch_size + 1});
    for (const BatchGrowth& growth : plan.batch_growth) {
        TERN_CHECK(growth.epoch > stretches_.back().epoch, "train",
                   "a batch grows at epochs from 2 on, each later than the one before, got ", growth.epoch);
        const std::int64_t step = steps_before(growth.epoch);
        TERN_CHECK(plan.steps > 0 ? step < plan.steps : growth.epoch <= plan.epochs, "train",
                   "a batch that grows at epoch ", growth.epoch, " needs a run that is longer, got ",
                   plan.steps > 0 ? plan.steps : plan.epochs, plan.steps > 0 ? " steps" : " epochs");
        const std::int64_t size = grown(plan.batch_size, growth);
        stretches_.push_back({growth.epoch, step, size, (samples - 1) / size + 1});
    }
    steps_ = plan.steps > 0 ? plan.steps : steps_before(plan.epochs + 1);
}

const RunLength::Stretch& RunLength::stretch_of(std::int64_t epoch) const {
    std::size_t i = stretches_.size() - 1;
    while (stretches_[i].epoch > epoch) --i;
    return stretches_[i];
}

double RunLength::epochs_at(std::int64_t step) const {
    std::size_t i = stretches_.size() - 1;
    while (stretches_[i].step > step) --i;
    return static_cast<double>(stretches_[i].epoch - 1) +
           static_cast<double>(step - stretches_[i].step) /
               static_cast<double>(stretches_[i].steps_per_epoch);
}

std::int64_t RunLength::steps_in(double epochs) const {
    if (!(epochs < this->epochs())) return steps_;
    const Stretch& stretch = stretch_of(static_cast<std::int64_t>(epochs) + 1);
    const double since = epochs - static_cast<double>(stretch.epoch - 1);
    return stretch.step + std::llround(since * static_cast<double>(stretch.steps_per_epoch));
}

}  // namespace tern
