// One step of training, the same work every time.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "tern/core/memory/step_arena.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/gradient_exchange.hpp"
#include "tern/training/local_replicas.hpp"
#include "tern/training/loss_scale.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/step_statistics.hpp"
#include "tern/training/teacher.hpp"
#include "tern/training/totals.hpp"

namespace tern {

class RoundedParameters;

/// What a step makes small, counts and keeps.
struct TrainingStepOptions {
    Loss loss = cross_entropy_loss();
    Teacher* teacher = nullptr;  // whose distill() the loss goes through; none: it stays
    std::vector<Metric> metrics = {};
    std::int64_t loss_capacity = 0;  // how many single losses may wait for take_losses(); 0 keeps none
    /// Pieces of each batch that go forward and backward by themselves, with batch statistics of their own. Their
    /// gradients are summed, weighted by samples. 0: one for each rank.
    std::int64_t replicas = 0;
    /// Batch norms take the statistics of all replicas together (SyncedStatistics). One replica for each rank.
    bool sync_batch_norm = false;
    /// On a CUDA device forward and backward pass and optimizer are a graph (BatchGraph) from the third step of a batch size
    /// on, with the same bits. For one replica, and models that draw nothing on the host (dropout).
    bool graph = false;
    double clip_norm = 0;  // the largest norm of all gradients together (clip_factor()); 0: any
    LocalOptions local = {};
    Communicator* communicator = nullptr;  // of the ranks that compute them; none: this one alone
    ExchangeOptions exchange = {};
};

/// Batch, forward pass, loss, backward pass, optimizer. Nothing is read back from the device: loss and
/// metrics add up in totals(), single losses in a tensor that take_losses() reads. All tensors of a step
/// come from a step arena, one for each of the last few batch sizes. Where the batches are float16 the loss
/// is scaled.
///
/// For a number of replicas weights, losses, metrics and running statistics have the same bits on every number of
/// ranks that share_of() allows: each replica is computed by itself, and sums over replicas are added in the order
/// of tree_lefts(), those of losses and metrics one after the other in float64.
class TrainingStep {
  public:
    /// Everything given must live as long as this object; the model must be in training mode when run() is
    /// called.
    TrainingStep(Module& model, Optimizer& optimizer, const BatchSource& source,
                 const TrainingStepOptions& options = {});
    ~TrainingStep();

    /// Trains on `samples` (N) of `epoch`, from 0, as step number steps(), then counts it. All ranks are given
    /// the whole batch, and each takes its pieces.
    void run(const Tensor& samples, std::uint32_t epoch = 0);
    /// What run() asks its source for, in this order: the pieces of this rank.
    std::vector<Tensor> batches_of(const Tensor& samples) const;
    std::int64_t steps() const { return steps_; }
    /// Before the first step: goes on after so many, from the model and state() as they are then.
    void set_steps(std::int64_t steps);
    /// Whether ranks have exchanged anything in the last step.
    bool met() const { return !local_ || steps_ % local_options_.steps == 0; }
    /// Before model, totals() or state() are looked at: every rank gets what others keep, and where replicas train apart
    /// the model is their mean. Collective.
    void hold_whole();

    /// What steps need to continue, after hold_whole(): the optimizer's state as "optimizer.NAME", the loss scale's where
    /// there is one as "loss_scale.NAME", and totals(); of replicas that train apart what each of them has.
    NamedTensors state() const;
    /// Of replicas that train apart as they were when these met.
    const Totals& totals() const { return totals_; }
    void reset_totals();
    /// The losses of the steps since the last call, in order. Waits for the device.
    std::vector<double> take_losses();

  private:
    struct Sized;

    Sized& sized_for(std::int64_t batch_size);
    void run_graph(const Tensor& samples, std::uint32_t epoch);
    void run_whole(const Tensor& samples, std::uint32_t epoch);
    Piece piece_for(std::int64_t batch_size, std::int64_t replica) const;
    void run_pieces(const Tensor& samples, std::uint32_t epoch);
    void run_piece(const Tensor& samples, std::uint32_t epoch, std::int64_t replica);
    Batch load(const Tensor& samples, std::uint32_t epoch) const;
    void forward_and_backward(const Batch& batch, const Tensor& sums, double share, const Tensor& kept = {});
    void run_apart(const Tensor& samples, std::uint32_t epoch);
    void gather_sums();
    Tensor sums_of(std::int64_t replica) const;
    void share_sums();
    void share_sums_apart();
    NamedTensors loss_scale_state() const;
    void update();
    Tensor loss_slot() const;

    Module& model_;
    Optimizer& optimizer_;
    const BatchSource& source_;
    Loss loss_;
    Teacher* teacher_;
    std::int64_t steps_ = 0;
    Totals totals_;
    std::optional<LossScale> loss_scale_;
    std::unique_ptr<RoundedParameters> rounded_;  // where batches have 16 bits
    std::unique_ptr<Communicator> alone_;
    Communicator& communicator_;
    ReplicaShare share_;
    bool sync_batch_norm_, graph_;
    double clip_norm_;
    std::optional<StepStatistics> statistics_;  // of several replicas
    std::unique_ptr<GradientExchange> exchange_;
    // (replicas, ...) of totals(): of this rank's, and of all; in a step, of replicas that train apart since the
    // totals were reset.
    Tensor own_sums_, all_sums_;
    LocalOptions local_options_;
    std::optional<LocalReplicas> local_;
    bool is_whole_ = false;  // hold_whole() was the last thing that happened
    // Of the steps since replicas that train apart met: (steps, replicas of this rank, 2), and that of all ranks.
    Tensor own_losses_, all_losses_;
    std::int64_t waiting_steps_ = 0;
    Tensor losses_;  // (loss_capacity, 2) float64: sums of losses, and what they are divided by
    std::int64_t waiting_losses_ = 0;
    std::list<Sized> sized_;       // most recently used first
    std::int64_t batch_kind_ = 0;  // that these are of
};

}  // namespace tern
