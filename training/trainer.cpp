#include "tern/training/trainer.hpp"

#include <chrono>
#include <cmath>

#include "tern/data/batches.hpp"
#include "tern/training/evaluation.hpp"

namespace tern {
namespace {

// Every so many steps losses are read: often enough to stop soon after the first NaN, too rare to cost
// anything.
constexpr std::int64_t kReadInterval = 100;

// std::ostream writes some NaNs as "-nan".
std::string shown(double loss) { return std::isnan(loss) ? "nan" : to_text(loss); }

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t steps_of(const TrainingPlan& plan, std::int64_t records) {
    TERN_CHECK((plan.epochs > 0) != (plan.steps > 0), "train",
               "one of epochs and steps must be positive, got ", plan.epochs, " and ", plan.steps);
    TERN_CHECK(plan.batch_size > 0 && records > 0, "train", "batches of ", plan.batch_size, " from ", records,
               " records");
    if (plan.steps > 0) return plan.steps;
    const std::int64_t per_epoch = (records - 1) / plan.batch_size + 1;
    std::int64_t total = 0;
    TERN_CHECK(!__builtin_mul_overflow(plan.epochs, per_epoch, &total), "train", plan.epochs, " epochs of ",
               per_epoch, " steps are more than 2^63 steps");
    return total;
}

}  // namespace

Trainer::Trainer(Module& model, Optimizer& optimizer, const Schedule& schedule, const BatchSource& train,
                 const BatchSource* test, const TrainingPlan& plan, TrainingCallbacks callbacks)
    : model_(model),
      optimizer_(optimizer),
      schedule_(schedule),
      train_(train),
      test_(test),
      plan_(plan),
      callbacks_(std::move(callbacks)),
      total_steps_(steps_of(plan, train.size())),
      step_(model, optimizer, train, plan.label_smoothing, callbacks_.after_loss ? kReadInterval : 0) {}

MetricsRow Trainer::run() {
    MetricsRow row;
    model_.train();
    start_row();
    for (std::int64_t epoch = 1;; ++epoch) {
        const bool more = run_epoch(epoch);
        if (plan_.epochs > 0 || !more) row = finish_row(epoch);
        if (!more) return row;
    }
}

// Returns whether steps are left.
bool Trainer::run_epoch(std::int64_t epoch) {
    const Batches batches(epoch_order(train_.size(), plan_.shuffle, plan_.seed, epoch - 1, train_.device()),
                          plan_.batch_size);
    for (std::int64_t i = 0; i < batches.count() && step_.steps() < total_steps_; ++i) {
        take_step(epoch, batches[i]);
    }
    return step_.steps() < total_steps_;
}

void Trainer::take_step(std::int64_t epoch, const Tensor& records) {
    optimizer_.set_learning_rate(schedule_.learning_rate(step_.steps()));
    PrepareImagesParams augmentation = plan_.augmentation;
    augmentation.epoch = static_cast<std::uint32_t>(epoch - 1);  // epoch_order() has checked its range
    step_.run(records, augmentation);
    row_records_ += records.dim(0);
    if (callbacks_.after_loss) waiting_.push_back({step_.steps(), 0, optimizer_.learning_rate()});
    if (step_.steps() % kReadInterval == 0) {
        flush_losses();
        read_finite_totals(epoch);
    }
    if (callbacks_.after_step) {
        callbacks_.after_step(
            {epoch, step_.steps(), total_steps_, row_records_, row_seconds(), step_.totals()});
    }
}

void Trainer::flush_losses() {
    if (waiting_.empty()) return;
    const std::vector<double> losses = step_.take_losses();
    TERN_ASSERT(losses.size() == waiting_.size());
    for (std::size_t i = 0; i < losses.size(); ++i) {
        waiting_[i].loss = losses[i];
        TERN_CHECK(std::isfinite(losses[i]), "train", "the loss of step ", waiting_[i].step, " is ",
                   shown(losses[i]), "; a lower --lr may help");
        callbacks_.after_loss(waiting_[i]);
    }
    waiting_.clear();
}

MetricsRow Trainer::finish_row(std::int64_t epoch) {
    flush_losses();
    MetricsRow row{epoch, read_finite_totals(epoch), {}, row_seconds(), optimizer_.learning_rate()};
    if (test_ != nullptr) {
        row.test = evaluate(model_, *test_, plan_.batch_size).totals;
        TERN_CHECK(std::isfinite(row.test->loss), "train", "the test loss after epoch ", epoch, " is ",
                   shown(row.test->loss), "; a lower --lr may help");
    }
    if (callbacks_.after_row) callbacks_.after_row(row);
    start_row();
    return row;
}

void Trainer::start_row() {
    step_.totals().reset();
    row_records_ = 0;
    row_start_ = now();
}

TotalsRead Trainer::read_finite_totals(std::int64_t epoch) const {
    const TotalsRead totals = step_.totals().read();
    TERN_CHECK(std::isfinite(totals.loss), "train", "the loss of epoch ", epoch, " is ", shown(totals.loss),
               " by step ", step_.steps(), "; a lower --lr may help");
    return totals;
}

double Trainer::row_seconds() const { return now() - row_start_; }

}  // namespace tern
