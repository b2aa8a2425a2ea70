#include "tern/training/training_step.hpp"

#include <algorithm>

#include "tern/core/devices/range.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/layers/dropout_scope.hpp"

namespace tern {
namespace {

// An epoch has two batch sizes. A program that varies them must not grow with each.
constexpr std::size_t kMostArenas = 4;

}  // namespace

TrainingStep::TrainingStep(Module& model, Optimizer& optimizer, const BatchSource& source,
                           const TrainingStepOptions& options)
    : model_(model),
      optimizer_(optimizer),
      source_(source),
      loss_(options.loss),
      totals_(options.metrics, source.device()),
      losses_(Tensor::zeros({options.loss_capacity}, compute_dtype(source.precision()), source.device())) {
    TERN_CHECK(loss_, "train", "a loss is needed, got an empty function");
    if (source.precision() == DType::float16) loss_scale_.emplace(source.device());
}

void TrainingStep::run(const Tensor& samples, std::uint32_t epoch) {
    const Range whole("training step");
    const StepArena::Scope scope(arena_for(samples.dim(0)));
    const DropoutScope dropout(static_cast<std::uint64_t>(steps_));
    optimizer_.zero_grad();
    forward_and_backward(samples, epoch);
    {
        const Range range("optimizer");
        optimizer_.step(loss_scale_ ? loss_scale_->update(optimizer_.gradients()) : Tensor());
    }
    ++steps_;
}

StepArena& TrainingStep::arena_for(std::int64_t batch_size) {
    const auto found = std::ranges::find(arenas_, batch_size, &SizedArena::batch_size);
    if (found != arenas_.end()) {
        arenas_.splice(arenas_.begin(), arenas_, found);
    } else {
        arenas_.push_front({batch_size, std::make_unique<StepArena>(source_.device())});
        if (arenas_.size() > kMostArenas) arenas_.pop_back();
    }
    return *arenas_.front().arena;
}

void TrainingStep::forward_and_backward(const Tensor& samples, std::uint32_t epoch) {
    const Batch batch = source_.batch(samples, epoch);
    Tensor output, loss;
    {
        const Range range("forward");
        output = model_(batch.input);
        loss = loss_(output, batch.target);
    }
    {
        const Range range("backward");
        loss_scale_ ? backward(loss, loss_scale_->scale()) : backward(loss);
    }
    totals_.add(output, batch.target, loss);
    if (losses_.numel() == 0) return;
    TERN_ASSERT(waiting_losses_ < losses_.numel());
    losses_.slice(waiting_losses_, waiting_losses_ + 1).copy_from(loss.detach().reshape({1}));
    ++waiting_losses_;
}

NamedTensors TrainingStep::state() const {
    NamedTensors tensors;
    if (!loss_scale_) return tensors;
    for (const auto& [name, tensor] : loss_scale_->state()) tensors.push_back({"loss_scale." + name, tensor});
    return tensors;
}

std::vector<double> TrainingStep::take_losses() {
    const Tensor host = losses_.slice(0, std::exchange(waiting_losses_, 0)).to(Device::cpu());
    return visit_floating(host.dtype(), [&]<class T>() {
        const std::span<T> losses = host.elements<T>();
        return std::vector<double>(losses.begin(), losses.end());
    });
}

}  // namespace tern
