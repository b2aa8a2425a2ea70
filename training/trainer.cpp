#include "tern/training/trainer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tern/core/clock.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/distributed/share.hpp"
#include "tern/training/checksum.hpp"
#include "tern/training/evaluation.hpp"
#include "tern/training/loader.hpp"
#include "tern/training/precise_statistics.hpp"
#include "tern/training/training_step.hpp"
#include "tern/training/weight_average.hpp"

namespace tern {
namespace {

// Losses are read after so many steps or seconds at the latest: often enough to stop soon after the first
// NaN, too rare for a GPU, which must be waited for, to lose anything. On the CPU they are there after each
// step.
constexpr std::int64_t kReadInterval = 100;
constexpr double kReadSeconds = 1;

// std::ostream writes some NaNs as "-nan".
std::string shown(double loss) { return std::isnan(loss) ? "nan" : to_text(loss); }

// What is saved must be worth going back to: a loss reports its own step's weights only, before their
// update.
void check_finite(const Module& model, std::int64_t step) {
    for (const auto& [name, tensor] : model.state()) {
        if (!is_floating(tensor.dtype())) continue;
        const bool finite = visit_floating(tensor.dtype(), [&host = tensor]<class T>() {
            return std::ranges::all_of(host.to(Device::cpu()).elements<T>(),
                                       [](T value) { return std::isfinite(static_cast<double>(value)); });
        });
        TERN_CHECK(finite, "train", name, " is not finite after step ", step,
                   "; a lower learning rate may help");
    }
}

}  // namespace

Trainer::Trainer(TrainerOptions options)
    : options_(std::move(options)),
      length_(options_.plan, options_.train.size()),
      loader_(options_.workers == 0 ? nullptr : std::make_unique<Loader>(options_.train, options_.workers)),
      step_(std::make_unique<TrainingStep>(
          options_.model, options_.optimizer,
          loader_ ? static_cast<const BatchSource&>(*loader_) : options_.train,
          TrainingStepOptions{.loss = options_.loss,
                              .teacher = options_.teacher,
                              .metrics = options_.metrics,
                              .loss_capacity = options_.callbacks.after_loss
                                                   ? std::max(kReadInterval, options_.plan.local.steps)
                                                   : 0,
                              .replicas = options_.plan.replicas,
                              .sync_batch_norm = options_.plan.sync_batch_norm,
                              .graph = options_.plan.graph,
                              .clip_norm = options_.plan.clip_norm,
                              .local = options_.plan.local,
                              .communicator = options_.communicator,
                              .exchange = options_.exchange})) {
    const TrainingPlan& plan = options_.plan;
    TERN_CHECK(plan.early_stop >= 0 && (plan.early_stop == 0 || plan.epochs > 0), "train",
               "epochs without a better one end a run of epochs alone, got ", plan.early_stop, " of them");
    TERN_CHECK(plan.average_decay == 0 || plan.local.steps == 0, "train",
               "replicas that train apart have no average over steps");
    if (plan.average_decay != 0)
        average_ = std::make_unique<WeightAverage>(options_.model, options_.optimizer.parameters(),
                                                   plan.average_decay, plan.statistics_samples == 0);
    if (options_.schedule == nullptr || options_.schedule->memory().empty()) return;
    const std::span<const double> memory = options_.schedule->memory();
    schedule_memory_ = Tensor::from({std::ssize(memory)}, memory).to(options_.train.device());
}

Trainer::~Trainer() = default;

void Trainer::set_learning_rate(std::int64_t step) const {
    if (options_.schedule != nullptr)
        options_.optimizer.set_learning_rate(options_.schedule->learning_rate(step));
}

std::optional<LogLine> Trainer::run(const TrainingPosition& start) {
    TERN_CHECK(start.step <= total_steps(), "train", "the plan has ", total_steps(), " steps, but ",
               start.step, " are done");
    position_ = start;
    stopped_ = false;
    if (with_others()) share_start();
    if (average_ && position_.step == 0) average_->start();
    if (schedule_memory_)
        std::ranges::copy(schedule_memory_.to(Device::cpu()).elements<double>(),
                          options_.schedule->memory().begin());
    step_->set_steps(position_.step);
    log_line_start_ = steady_seconds() - position_.seconds_since_log;
    set_learning_rate(std::max<std::int64_t>(position_.step, 1) - 1);
    if (!options_.model.training())
        options_.model.train();  // else modules that are frozen in evaluation mode stay so
    std::optional<LogLine> line;
    while (!finished()) {
        const bool whole_epoch = run_epoch();
        const bool log_line_ends = options_.plan.epochs > 0 || position_.step == total_steps();
        if (!stopped_ && log_line_ends) line = finish_log_line();
        if (stopped_ && position_.samples_since_log > 0) {
            save();
            return {};
        }
        if (whole_epoch) {
            ++position_.epoch;
            position_.batch = 0;
        }
        if (log_line_ends) save();
    }
    return line;
}

// Rank 0 is the one that may have read a checkpoint. The sums show that what was sent is what came.
void Trainer::share_start() {
    Communicator& communicator = *options_.communicator;
    const Tensor numbers =
        Tensor::from({7}, {position_.step, position_.epoch, position_.batch, position_.samples_since_log,
                           position_.best_step, position_.best_epoch,
                           std::bit_cast<std::int64_t>(position_.best_value)})
            .to(communicator.device());
    NamedTensors shared{{"position", numbers}};
    for (const NamedTensors& tensors : {options_.model.state(), state()})
        shared.insert(shared.end(), tensors.begin(), tensors.end());
    share_tensors(communicator, shared, kStart);
    meet(communicator, kStart);
    const Tensor host = numbers.to(Device::cpu());
    const auto* const number = host.data<std::int64_t>();
    position_ = {number[0],
                 number[1],
                 number[2],
                 number[3],
                 position_.seconds_since_log,
                 number[4],
                 number[5],
                 std::bit_cast<double>(number[6])};
    const std::vector<std::string> sums = gather_texts(communicator, checksum(shared), kStart);
    for (std::size_t rank = 1; rank < sums.size(); ++rank)
        TERN_CHECK(sums[rank] == sums[0], "train", "rank ", rank, " starts from other weights than rank 0");
}

NamedTensors Trainer::state() const {
    NamedTensors tensors = step_->state();
    if (average_)
        for (const NamedTensor& named : average_->state()) tensors.push_back(named);
    if (schedule_memory_) tensors.push_back({"schedule", schedule_memory_});
    return tensors;
}

// Returns whether the epoch's batches are done; steps may end before, and stop() may end them.
bool Trainer::run_epoch() {
    const Batches batches(epoch_order(options_.train.size(), options_.plan.shuffle, options_.plan.seed,
                                      position_.epoch - 1, loader_ ? Device::cpu() : options_.train.device()),
                          length_.batch_size(position_.epoch));
    if (loader_) load_ahead(batches);
    while (position_.batch < batches.count() && position_.step < total_steps()) {
        take_step(batches[position_.batch]);
        if ((!with_others() || step_->met()) && stop_due(position_.step) && ask_stop()) break;
        const bool log_line_ends = position_.step == total_steps() ||
                                   (options_.plan.epochs > 0 && position_.batch == batches.count());
        if (options_.plan.save_every > 0 && position_.step % options_.plan.save_every == 0 && !log_line_ends)
            save();
    }
    return position_.batch == batches.count();
}

// What is left of the epoch, as far as the run goes.
void Trainer::load_ahead(const Batches& batches) {
    const std::int64_t steps = std::min(batches.count() - position_.batch, total_steps() - position_.step);
    const auto epoch = static_cast<std::uint32_t>(position_.epoch - 1);
    std::vector<Loader::Request> plan;
    for (std::int64_t i = 0; i < steps; ++i)
        for (const Tensor& samples : step_->batches_of(batches[position_.batch + i]))
            plan.push_back({samples, epoch});
    loader_->start(std::move(plan));
}

void Trainer::take_step(const Tensor& samples) {
    set_learning_rate(position_.step);
    if (average_) average_->hold_trained();
    step_->run(samples,
               static_cast<std::uint32_t>(position_.epoch - 1));  // epoch_order() has checked its range
    position_.step = step_->steps();
    if (average_) average_->update(position_.step);
    ++position_.batch;
    position_.samples_since_log += samples.dim(0);
    if (options_.callbacks.after_loss)
        waiting_.push_back({position_.step, 0, options_.optimizer.learning_rate()});
    if (losses_due()) {
        meet_others();
        flush_losses();
        read_finite_totals();
        last_read_ = steady_seconds();
    }
    if (options_.callbacks.after_step) {
        options_.callbacks.after_step({position_.epoch, position_.step, total_steps(),
                                       position_.samples_since_log, seconds_since_log(), step_->totals()});
    }
}

bool Trainer::losses_due() const {
    if (options_.plan.local.steps > 0) return step_->met();
    if (options_.train.device().is_cpu() || position_.step % kReadInterval == 0) return true;
    return !with_others() && steady_seconds() - last_read_ >= kReadSeconds;  // clocks of ranks differ
}

// What one rank is told is heard by all, after the same step.
bool Trainer::ask_stop() {
    const bool asked = stopped_ || (options_.callbacks.stop && options_.callbacks.stop());
    if (!with_others()) return stopped_ = asked;
    Communicator& communicator = *options_.communicator;
    const Tensor own = Tensor::full({1}, asked ? 1 : 0, DType::int32, communicator.device());
    const Tensor all = Tensor::zeros({communicator.size(), 1}, DType::int32, communicator.device());
    communicator.all_gather(own, all, "the end of the step")->wait();
    meet(communicator, "the end of the step");
    return stopped_ = std::ranges::count(all.to(Device::cpu()).elements<std::int32_t>(), 1) > 0;
}

bool Trainer::stop_due(std::int64_t count) const {
    return !with_others() || options_.train.device().is_cpu() || count % kReadInterval == 0;
}

// Nothing but the weights decides what comes out, so that it does not matter how often a run was saved.
void Trainer::take_statistics() {
    if (options_.plan.statistics_samples == 0 || statistics_step_ == position_.step) return;
    take_precise_statistics(options_.model, options_.train, options_.plan.statistics_samples,
                            options_.plan.batch_size);
    statistics_step_ = position_.step;
}

void Trainer::meet_others() const {
    if (with_others()) meet(*options_.communicator, "the end of the step");
}

void Trainer::save() {
    const Range range("save");
    step_->hold_whole();
    meet_others();
    flush_losses();
    if (average_) average_->hold_average();
    if (!options_.callbacks.save && !with_others()) return;
    read_finite_totals();
    take_statistics();
    check_finite(options_.model, position_.step);
    position_.seconds_since_log = position_.samples_since_log > 0 ? seconds_since_log() : 0;
    if (options_.callbacks.save) options_.callbacks.save(position_, state());
}

void Trainer::flush_losses() {
    if (waiting_.empty()) return;
    const std::vector<double> losses = step_->take_losses();
    TERN_ASSERT(losses.size() == waiting_.size());
    for (std::size_t i = 0; i < losses.size(); ++i) {
        waiting_[i].loss = losses[i];
        TERN_CHECK(std::isfinite(losses[i]), "train", "the loss of step ", waiting_[i].step, " is ",
                   shown(losses[i]), "; a lower learning rate may help");
        options_.callbacks.after_loss(waiting_[i]);
    }
    waiting_.clear();
}

// None if stop() ended the evaluation: the log line is still to be finished then.
std::optional<LogLine> Trainer::finish_log_line() {
    step_->hold_whole();
    meet_others();
    flush_losses();
    LogLine line{
        position_.epoch, read_finite_totals(), {}, seconds_since_log(), options_.optimizer.learning_rate()};
    line.step = position_.step;
    if (!options_.plan.batch_growth.empty()) line.batch_size = length_.batch_size(position_.epoch);
    if (average_) average_->hold_average();
    take_statistics();
    const bool validates = options_.validation != nullptr;
    if (const BatchSource* const source = validates ? options_.validation : options_.test) {
        check_finite(options_.model, position_.step);  // before a whole evaluation of it
        const TotalsRead totals = evaluate_on(
            *source, [this, batch = std::int64_t{0}]() mutable { return stop_due(batch++) && ask_stop(); });
        if (totals.samples < source->size()) {
            log_line_start_ = steady_seconds() - line.seconds;
            return {};
        }
        TERN_CHECK(std::isfinite(totals.loss), "train", "the ", validates ? "validation" : "test",
                   " loss after epoch ", line.epoch, " is ", shown(totals.loss),
                   "; a lower learning rate may help");
        note_best(totals);
        tell_schedule(totals);
        (validates ? line.validation : line.test) = totals;
    }
    if (options_.callbacks.after_log_line) options_.callbacks.after_log_line(line);
    start_log_line();
    return line;
}

// By what says which epoch is the best.
void Trainer::tell_schedule(const TotalsRead& evaluated) const {
    if (!schedule_memory_) return;
    const std::vector<Metric>& metrics = options_.metrics;
    options_.schedule->observe(metrics.empty() ? evaluated.loss : evaluated.metrics.front().value,
                               !metrics.empty() && metrics.front().higher_is_better);
    const std::span<const double> memory = options_.schedule->memory();
    schedule_memory_.copy_from(Tensor::from({std::ssize(memory)}, memory));
}

TotalsRead Trainer::evaluate_on(const BatchSource& source, std::function<bool()> stop) {
    return evaluate(options_.model, source,
                    {.batch_size = options_.plan.batch_size,
                     .loss = options_.test_loss ? options_.test_loss : options_.loss,
                     .metrics = options_.metrics,
                     .stop = std::move(stop),
                     .communicator = options_.communicator,
                     .graph = options_.plan.graph,
                     .workers = options_.workers})
        .totals;
}

TotalsRead Trainer::test() {
    TERN_CHECK(options_.test != nullptr, "train", "has no tests to evaluate");
    if (with_others()) {
        share_tensors(*options_.communicator, options_.model.state(), "the weights to test");
        meet(*options_.communicator, "the weights to test");
    }
    TotalsRead totals = evaluate_on(*options_.test);
    TERN_CHECK(std::isfinite(totals.loss), "train", "the test loss is ", shown(totals.loss));
    return totals;
}

void Trainer::note_best(const TotalsRead& totals) {
    const bool by_loss = options_.metrics.empty();
    const double value = by_loss ? totals.loss : totals.metrics.front().value;
    const bool higher = !by_loss && options_.metrics.front().higher_is_better;
    const bool better = higher ? value > position_.best_value : value < position_.best_value;
    if (position_.best_step > 0 && !better) return;
    position_.best_step = position_.step;
    position_.best_epoch = position_.epoch;
    position_.best_value = value;
}

bool Trainer::stopped_early() const {
    const std::int64_t patience = options_.plan.early_stop, done = position_.epoch - 1;  // between two epochs
    return patience > 0 && position_.step < total_steps() && position_.batch == 0 &&
           position_.best_epoch > 0 && done - position_.best_epoch >= patience;
}

void Trainer::start_log_line() {
    step_->reset_totals();
    position_.samples_since_log = 0;
    log_line_start_ = steady_seconds();
}

TotalsRead Trainer::read_finite_totals() const {
    const TotalsRead totals = step_->totals().read();
    TERN_CHECK(std::isfinite(totals.loss), "train", "the loss of epoch ", position_.epoch, " is ",
               shown(totals.loss), " by step ", position_.step, "; a lower learning rate may help");
    return totals;
}

double Trainer::seconds_since_log() const { return steady_seconds() - log_line_start_; }

}  // namespace tern
