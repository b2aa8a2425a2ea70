// The loop over steps and epochs.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "tern/core/communicator.hpp"
#include "tern/data/batches.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/metrics.hpp"
#include "tern/training/objective.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/position.hpp"
#include "tern/training/replicas.hpp"
#include "tern/training/run_length.hpp"
#include "tern/training/schedule.hpp"

namespace tern {

class Loader;
class Teacher;
class TrainingStep;
class WeightAverage;

/// How long and over which batches. Exactly one of epochs and steps is positive: a run of epochs gives a log
/// line for each and evaluates after it; a run of steps continues to the next epoch when the data ends and
/// gives one log line.
struct TrainingPlan {
    std::int64_t epochs = 0;
    std::int64_t steps = 0;
    std::int64_t batch_size = 32;
    std::vector<BatchGrowth> batch_growth = {};  // evaluations keep batch_size
    bool shuffle = true;
    std::uint64_t seed = 0;
    std::int64_t save_every = 0;  // steps after which to save, beside the end of each log line; 0: there only
    /// Training samples over which the running statistics are taken anew (FreshStatistics), always the same,
    /// before the model is evaluated or saved: in whole batches, at least one. 0: they stay as training left
    /// them.
    std::int64_t statistics_samples = 0;
    /// Epochs after which the run ends if none of them was evaluated better than the best before; 0: it goes on.
    std::int64_t early_stop = 0;
    /// Pieces of each batch that are trained on by themselves, and whether their batch norms are synced: see
    /// TrainingStepOptions.
    std::int64_t replicas = 0;
    bool sync_batch_norm = false;
    bool graph = false;       // steps, and whole batches of evaluations, are CUDA graphs (BatchGraph)
    double clip_norm = 0;     // the largest norm of all gradients together (clip_factor()); 0: any
    LocalOptions local = {};  // of replicas that train apart (LocalReplicas)
    /// Decay of the average of the weights (WeightAverage) that is evaluated and saved in their place; 0: none.
    double average_decay = 0;
};

struct TrainingProgress {
    std::int64_t epoch = 1;
    std::int64_t step = 0;  // steps done
    std::int64_t total_steps = 0;
    std::int64_t samples_since_log = 0;  // samples trained on since the last log line
    double seconds_since_log = 0;
    const Totals& totals;  // since the last log line; reading them waits for the device
};

/// Each may be empty.
struct TrainingCallbacks {
    std::function<void(const TrainingProgress&)> after_step;
    std::function<void(const StepLoss&)> after_loss;  // for every step, in order, but some time after it
    std::function<void(const LogLine&)> after_log_line;
    /// After each log line, every save_every steps and when stop() ended the run, with state(): that and the
    /// model are of this position, on every rank.
    std::function<void(const TrainingPosition&, const NamedTensors& state)> save;
    /// Asked after each step and before each batch of an evaluation, of several ranks on GPUs every 100 steps, where they
    /// train apart when they meet; true, on any rank, ends the run and must stay true.
    std::function<bool()> stop;
};

/// What a Trainer works with. All that is referred to must live as long as it.
struct TrainerOptions {
    Module& model;
    Optimizer& optimizer;
    const BatchSource& train;
    /// Evaluated after each epoch, which says which one is the best. Without it the tests are, and say so.
    const BatchSource* validation = nullptr;
    const BatchSource* test = nullptr;  // beside a validation for test() alone
    Schedule* schedule = nullptr;       // none: the optimizer's learning rate stays
    Loss loss = cross_entropy_loss();
    Loss test_loss = {};         // none: the same. For one that is only smoothed in training
    Teacher* teacher = nullptr;  // of classifiers, in training
    /// Counted beside the loss. The first says which epoch is the best; without any the loss of the evaluation does.
    std::vector<Metric> metrics = {accuracy()};
    TrainingPlan plan = {};
    TrainingCallbacks callbacks = {};
    /// Of the ranks that train together: each has a Trainer with the same kind of model and optimizer, the same source
    /// and plan, and calls run(). Which callbacks it has is its own matter. None: alone.
    Communicator* communicator = nullptr;
    ExchangeOptions exchange = {};
    /// Threads that make batches ahead of the steps and of evaluations (Loader), which changes no bit; 0: each is made
    /// when it is needed.
    int workers = 0;
};

/// Trains modules that are in training mode; where the whole model is in evaluation mode, all of them.
///
///     tern::Trainer trainer({.model = model, .optimizer = *optimizer, .train = train, .test = &test,
///                            .plan = {.epochs = 8, .batch_size = 32}});
///     const tern::LogLine last = trainer.run().value();
class Trainer {
  public:
    /// What ranks exchange before the first step.
    static constexpr const char* kStart = "the start of training";

    explicit Trainer(TrainerOptions options);
    ~Trainer();

    /// Runs the plan from `start` on and returns its last log line; none if stop() ended it or nothing was
    /// left to do. Of several ranks all start from the position, the weights and the state() of rank 0. Throws Error soon after a step whose loss is not a finite number, or when `start` is
    /// behind the plan's end. A run that continues from a saved position, with the model and state() as they
    /// were, ends with the bits of one that was never stopped.
    std::optional<LogLine> run(const TrainingPosition& start = {});

    /// Evaluates the model as it is, of several ranks as rank 0 has it, on the tests. For the end of a run that was
    /// validated, with the best weights. Collective. Throws Error where the loss is not a finite number.
    TotalsRead test();

    std::int64_t total_steps() const { return length_.steps(); }
    const TrainingPosition& position() const { return position_; }
    /// Whether the plan's early_stop, not its end, ended the run.
    bool stopped_early() const;
    /// Whether stop(), of any rank, ended the last run().
    bool stopped() const { return stopped_; }
    /// What must be saved beside the model: the optimizer's state, the loss scale where there is one, the sums for the log
    /// line that is under way, what the schedule remembers, and what is trained where the model has an average. Handles on
    /// the tensors themselves.
    NamedTensors state() const;

  private:
    void share_start();
    bool run_epoch();
    void load_ahead(const Batches& batches);
    void take_step(const Tensor& samples);
    std::optional<LogLine> finish_log_line();
    TotalsRead evaluate_on(const BatchSource& source, std::function<bool()> stop = {});
    void note_best(const TotalsRead& totals);
    void start_log_line();
    void take_statistics();
    void save();
    void flush_losses();
    bool losses_due() const;
    TotalsRead read_finite_totals() const;
    bool finished() const {
        return (position_.step >= total_steps() || stopped_early()) && position_.samples_since_log == 0;
    }
    bool ask_stop();
    /// `count`: of steps, or of batches of an evaluation.
    bool stop_due(std::int64_t count) const;
    void meet_others() const;
    bool with_others() const { return options_.communicator != nullptr && options_.communicator->size() > 1; }
    double seconds_since_log() const;

    void set_learning_rate(std::int64_t step) const;
    void tell_schedule(const TotalsRead& evaluated) const;

    TrainerOptions options_;
    RunLength length_;
    std::unique_ptr<Loader> loader_;  // of the training samples
    std::unique_ptr<TrainingStep> step_;
    std::unique_ptr<WeightAverage> average_;
    Tensor schedule_memory_;             // float64, of the schedule's; undefined where it has none
    std::int64_t statistics_step_ = -1;  // after which they were taken
    std::vector<StepLoss> waiting_;      // without their losses yet
    TrainingPosition position_;
    bool stopped_ = false;  // on any rank
    double log_line_start_ = 0, last_read_ = 0;
};

}  // namespace tern
