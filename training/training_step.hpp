// One step of training, the same work every time.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "tern/core/memory/step_arena.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/batch_source.hpp"
#include "tern/training/loss_scale.hpp"
#include "tern/training/optimizer.hpp"
#include "tern/training/totals.hpp"

namespace tern {

/// What a step makes small, counts and keeps.
struct TrainingStepOptions {
    Loss loss = cross_entropy_loss();
    std::vector<Metric> metrics = {};
    std::int64_t loss_capacity = 0;  // how many single losses may wait for take_losses(); 0 keeps none
};

/// Batch, forward pass, loss, backward pass, optimizer. Nothing is read back from the device: loss and
/// metrics add up in totals(), single losses in a tensor that take_losses() reads. All tensors of a step
/// come from a step arena, one for each of the last few batch sizes. Where the batches are float16 the loss
/// is scaled.
class TrainingStep {
  public:
    /// Everything given must live as long as this object; the model must be in training mode when run() is
    /// called.
    TrainingStep(Module& model, Optimizer& optimizer, const BatchSource& source,
                 const TrainingStepOptions& options = {});

    /// Trains on `samples` (N) of `epoch`, from 0, as step number steps(), then counts it.
    void run(const Tensor& samples, std::uint32_t epoch = 0);
    std::int64_t steps() const { return steps_; }
    /// Counts on from here, for a run that is resumed.
    void set_steps(std::int64_t steps) { steps_ = steps; }

    /// The loss scale's where there is one: "loss_scale.scale", "loss_scale.good_steps".
    NamedTensors state() const;
    const Totals& totals() const { return totals_; }
    /// The losses of the steps since the last call, in order. Waits for the device.
    std::vector<double> take_losses();

  private:
    StepArena& arena_for(std::int64_t batch_size);
    void forward_and_backward(const Tensor& samples, std::uint32_t epoch);

    Module& model_;
    Optimizer& optimizer_;
    const BatchSource& source_;
    Loss loss_;
    std::int64_t steps_ = 0;
    Totals totals_;
    std::optional<LossScale> loss_scale_;
    Tensor losses_;  // (loss_capacity), of the loss's type
    std::int64_t waiting_losses_ = 0;
    struct SizedArena {
        std::int64_t batch_size;
        std::unique_ptr<StepArena> arena;
    };
    std::list<SizedArena> arenas_;  // most recently used first
};

}  // namespace tern
