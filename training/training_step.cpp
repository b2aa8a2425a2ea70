#include "tern/training/training_step.hpp"

#include <algorithm>
#include <set>

#include "tern/core/devices/range.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/backward.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/update_statistics/update_statistics.hpp"
#include "tern/layers/batch_norm2d.hpp"
#include "tern/layers/dropout_scope.hpp"
#include "tern/layers/rounded_parameters.hpp"
#include "tern/layers/statistics_scope.hpp"
#include "tern/layers/synced_statistics.hpp"
#include "tern/training/batch_graph.hpp"
#include "tern/training/gradient_clip.hpp"

namespace tern {
namespace {

// An epoch has two batch sizes. A program that varies them must not grow with each.
constexpr std::size_t kMostSizes = 4;

}  // namespace

// What is kept for the steps of a batch size.
struct TrainingStep::Sized {
    Sized(std::int64_t size, Device device) : batch_size(size), arena(device), recorded(device) {}

    std::int64_t batch_size;
    StepArena arena;
    // -- in the place of the arena where steps are a graph --
    BatchGraph recorded;
    Tensor loss;                                 // (2): what a step counts in losses_
    std::set<std::shared_ptr<Storage>> changed;  // of the model, by the graph
};

TrainingStep::TrainingStep(Module& model, Optimizer& optimizer, const BatchSource& source,
                           const TrainingStepOptions& options)
    : model_(model),
      optimizer_(optimizer),
      source_(source),
      loss_(options.loss),
      teacher_(options.teacher),
      totals_(options.metrics, source.device()),
      alone_(options.communicator == nullptr ? make_single_communicator(source.device()) : nullptr),
      communicator_(alone_ ? *alone_ : *options.communicator),
      share_(share_of(options.replicas == 0 ? communicator_.size() : options.replicas, communicator_.rank(),
                      communicator_.size())),
      sync_batch_norm_(options.sync_batch_norm),
      graph_(options.graph),
      clip_norm_(options.clip_norm),
      losses_(Tensor::zeros({options.loss_capacity, 2}, DType::float64, source.device())) {
    TERN_CHECK(loss_, "train", "a loss is needed, got an empty function");
    TERN_CHECK(clip_norm_ >= 0, "train", "the largest norm of gradients must be at least 0, got ",
               clip_norm_);
    TERN_CHECK(!sync_batch_norm_ || options.local.steps == 0, "train",
               "batch norms of replicas that train apart cannot be synced");
    TERN_CHECK(!sync_batch_norm_ || share_.count() == 1, "train",
               "batch norms are synced between ranks of one replica each, got ", share_.count(),
               " replicas on a rank");
    if (source.precision() == DType::float16) loss_scale_.emplace(source.device());
    if (source.precision() != compute_dtype(source.precision()))
        rounded_ = std::make_unique<RoundedParameters>(optimizer.parameters(), source.precision());
    local_options_ = options.local;
    const bool apart = local_options_.steps != 0;
    TERN_CHECK(!graph_ || source.device().is_cuda(), "train", "a graph is of a CUDA device, got ",
               source.device());
    TERN_CHECK(!graph_ || (share_.replicas == 1 && !apart), "train", "a graph is of one replica, got ",
               share_.replicas, apart ? " that train apart" : "");
    if (share_.replicas == 1 && !apart) return;
    if (apart) {
        local_.emplace(model, optimizer, loss_scale_state(), share_, communicator_, options.exchange,
                       local_options_);
        own_losses_ =
            Tensor::zeros({local_options_.steps, share_.count(), 2}, DType::float64, source.device());
        all_losses_ = Tensor::zeros({communicator_.size(), local_options_.steps, share_.count(), 2},
                                    DType::float64, source.device());
    } else {
        TERN_CHECK(
            !loss_scale_ || options.exchange.type == ExchangeType::float32, "train",
            "what is kept of float16's scaled gradients would not fit the next scale: exchanges are not "
            "compressed");
        statistics_.emplace(model, share_, communicator_);
        exchange_ = make_gradient_exchange(optimizer.parameters(), share_, communicator_, options.exchange);
    }
    const Shape sums = totals_.sums().shape();
    own_sums_ = Tensor::zeros({share_.count(), sums[0], sums[1]}, DType::float64, source.device());
    all_sums_ = Tensor::zeros({share_.replicas, sums[0], sums[1]}, DType::float64, source.device());
}

TrainingStep::~TrainingStep() = default;

void TrainingStep::run(const Tensor& samples, std::uint32_t epoch) {
    const Range range("training step");
    is_whole_ = false;
    const DropoutScope dropout(static_cast<std::uint64_t>(steps_));
    if (const std::int64_t kind = source_.batch_kind(epoch); kind != batch_kind_) {
        sized_.clear();
        if (statistics_) statistics_->forget_shapes();
        batch_kind_ = kind;
    }
    if (local_)
        run_apart(samples, epoch);
    else
        graph_                 ? run_graph(samples, epoch)
        : share_.replicas == 1 ? run_whole(samples, epoch)
                               : run_pieces(samples, epoch);
    ++steps_;
    if (!local_ || !met()) return;
    local_->average();
    share_sums_apart();
}

void TrainingStep::set_steps(std::int64_t steps) {
    steps_ = steps;
    if (!local_) return;
    if (steps == 0) {
        reset_totals();
        local_->start();
    } else {
        local_->resume();
        own_sums_.copy_from(all_sums_.slice(share_.begin, share_.end));
    }
}

void TrainingStep::hold_whole() {
    if (is_whole_) return;
    is_whole_ = true;
    if (exchange_) exchange_->gather();
    if (!local_) return;
    share_sums_apart();
    local_->hold_mean();
}

void TrainingStep::reset_totals() {
    totals_.reset();
    if (!local_) return;
    own_sums_.fill_zero();
    all_sums_.fill_zero();
}

void TrainingStep::run_whole(const Tensor& samples, std::uint32_t epoch) {
    const StepArena::Scope scope(sized_for(samples.dim(0)).arena);
    optimizer_.zero_grad();
    const Tensor slot = loss_slot();
    forward_and_backward(load(samples, epoch), totals_.sums(), 1, slot);
    waiting_losses_ += slot.defined() ? 1 : 0;
    update();
}

// What changes from step to step is on the device, but for the batch and the place of the loss.
void TrainingStep::run_graph(const Tensor& samples, std::uint32_t epoch) {
    Sized& sized = sized_for(samples.dim(0));
    if (!sized.loss) {
        sized.loss = Tensor::zeros({2}, DType::float64, source_.device());
        for (const NamedTensor& named : model_.state()) sized.changed.insert(named.tensor.storage());
    }
    sized.recorded.run([&] { return load(samples, epoch); },
                       [&](const Batch& batch) {
                           optimizer_.zero_grad();
                           sized.loss.fill_zero();
                           forward_and_backward(batch, totals_.sums(), 1, sized.loss);
                           TERN_CHECK(!DropoutScope::current()->is_used(), "train",
                                      "dropout draws by numbers of the host, which a graph does not change");
                           update();
                       });
    // What packs weights for evaluation asks them whether they have changed.
    for (const std::shared_ptr<Storage>& storage : sized.changed) storage->bump_version();
    const Tensor slot = loss_slot();
    if (!slot.defined()) return;
    slot.copy_from(sized.loss);
    ++waiting_losses_;
}

std::vector<Tensor> TrainingStep::batches_of(const Tensor& samples) const {
    if (share_.replicas == 1 && !local_) return {samples};
    std::vector<Tensor> batches;
    for (std::int64_t replica = 0; replica < share_.count(); ++replica)
        if (const Piece piece = piece_for(samples.dim(0), replica); piece.count > 0)
            batches.push_back(samples.slice(piece.begin, piece.end()));
    return batches;
}

// Of this rank's replica. A synced batch norm waits for all ranks, so that one without samples runs the first one, which
// counts nothing.
Piece TrainingStep::piece_for(std::int64_t batch_size, std::int64_t replica) const {
    const Piece piece = piece_of(batch_size, share_.replicas, share_.begin + replica);
    return piece.count == 0 && sync_batch_norm_ ? Piece{0, 1} : piece;
}

void TrainingStep::run_pieces(const Tensor& samples, std::uint32_t epoch) {
    own_sums_.fill_zero();
    for (std::int64_t replica = 0; replica < share_.count(); ++replica) run_piece(samples, epoch, replica);
    if (!sync_batch_norm_) statistics_->finish(samples.dim(0));
    share_sums();
    update();
}

void TrainingStep::run_piece(const Tensor& samples, std::uint32_t epoch, std::int64_t replica) {
    const auto of = [&](std::int64_t number) { return piece_of(samples.dim(0), share_.replicas, number); };
    const Piece piece = piece_for(samples.dim(0), replica);
    const double share =
        static_cast<double>(of(share_.begin + replica).count) / static_cast<double>(samples.dim(0));
    exchange_->begin(replica);
    if (piece.count > 0) {
        std::optional<SyncedStatistics> synced;
        std::optional<StatisticsScope> apart;
        if (sync_batch_norm_) {
            std::vector<std::int64_t> counts;
            for (std::int64_t i = 0; i < share_.replicas; ++i) counts.push_back(of(i).count);
            synced.emplace(communicator_, std::move(counts), piece.count);
        } else {
            apart.emplace([&](BatchNorm2d& layer, std::int64_t values, const Moments& moments) {
                statistics_->take(piece.count, layer, values, moments);
            });
        }
        DropoutScope::current()->start_piece(piece.begin);
        const StepArena::Scope scope(sized_for(piece.count).arena);
        const Tensor sums = own_sums_.slice(replica, replica + 1).reshape(totals_.sums().shape());
        forward_and_backward(load(samples.slice(piece.begin, piece.end()), epoch), sums, share);
        if (share == 0) sums.fill_zero();
    }
    if (!sync_batch_norm_ && piece.count > 0) statistics_->keep(replica);
    exchange_->end(replica);
}

// Each replica as if it were alone; one without samples takes no step.
void TrainingStep::run_apart(const Tensor& samples, std::uint32_t epoch) {
    for (std::int64_t replica = 0; replica < share_.count(); ++replica) {
        const Piece piece = piece_for(samples.dim(0), replica);
        const Tensor sums = own_sums_.slice(replica, replica + 1).reshape(totals_.sums().shape());
        const Tensor loss = own_losses_.slice(waiting_steps_, waiting_steps_ + 1)
                                .reshape({share_.count(), 2})
                                .slice(replica, replica + 1);
        loss.fill_zero();
        if (piece.count == 0) continue;
        local_->hold(replica);
        const DropoutScope dropout(static_cast<std::uint64_t>(steps_));
        dropout.start_piece(piece.begin);
        const StepArena::Scope scope(sized_for(piece.count).arena);
        const Tensor of_step = Tensor::zeros(sums.shape(), DType::float64, sums.device());
        optimizer_.zero_grad();
        forward_and_backward(load(samples.slice(piece.begin, piece.end()), epoch), of_step, 1);
        accumulate(sums, of_step);
        accumulate(loss, of_step.slice(0, 1));
        update();
    }
    ++waiting_steps_;
}

Tensor TrainingStep::sums_of(std::int64_t replica) const {
    return all_sums_.slice(replica, replica + 1).reshape(totals_.sums().shape());
}

void TrainingStep::gather_sums() {
    const Shape all = all_sums_.shape();
    communicator_
        .all_gather(own_sums_, all_sums_.reshape({communicator_.size(), share_.count(), all[1], all[2]}),
                    "losses and metrics")
        ->wait();
}

// In the order of the replicas, on all ranks.
void TrainingStep::share_sums() {
    gather_sums();
    const Tensor slot = loss_slot();
    for (std::int64_t replica = 0; replica < share_.replicas; ++replica) {
        totals_.add(sums_of(replica));
        if (slot.defined()) accumulate(slot, sums_of(replica).slice(0, 1).reshape({2}));
    }
    waiting_losses_ += slot.defined() ? 1 : 0;
}

// The same of replicas that train apart, whose sums go on, and of the losses of the steps since the last time.
void TrainingStep::share_sums_apart() {
    gather_sums();
    totals_.reset();
    for (std::int64_t replica = 0; replica < share_.replicas; ++replica) totals_.add(sums_of(replica));
    communicator_.all_gather(own_losses_, all_losses_, "losses")->wait();
    const std::int64_t steps = std::exchange(waiting_steps_, 0);
    if (losses_.dim(0) == 0) return;
    const Shape all = all_losses_.shape();
    for (std::int64_t step = 0; step < steps; ++step) {
        const Tensor slot = loss_slot();
        for (std::int64_t replica = 0; replica < share_.replicas; ++replica) {
            const std::int64_t rank = replica / all[2],
                               at = (rank * all[1] + step) * all[2] + replica % all[2];
            accumulate(slot,
                       all_losses_.reshape({all[0] * all[1] * all[2], 2}).slice(at, at + 1).reshape({2}));
        }
        ++waiting_losses_;
    }
}

void TrainingStep::update() {
    const Range range("optimizer");
    Tensor factor = loss_scale_ ? loss_scale_->update(optimizer_.gradients()) : Tensor();
    if (clip_norm_ > 0) factor = clip_factor(optimizer_.gradients(), clip_norm_, factor);
    optimizer_.step(factor);
}

TrainingStep::Sized& TrainingStep::sized_for(std::int64_t batch_size) {
    const auto found = std::ranges::find(sized_, batch_size, &Sized::batch_size);
    if (found != sized_.end()) {
        sized_.splice(sized_.begin(), sized_, found);
    } else {
        sized_.emplace_front(batch_size, source_.device());
        if (sized_.size() > kMostSizes) sized_.pop_back();
    }
    return sized_.front();
}

Batch TrainingStep::load(const Tensor& samples, std::uint32_t epoch) const {
    const Range range("load");
    return source_.batch(samples, epoch);
}

// The gradients of `share` times the loss, which is counted in `sums`, and alone in `kept` where that is defined.
void TrainingStep::forward_and_backward(const Batch& batch, const Tensor& sums, double share,
                                        const Tensor& kept) {
    Tensor output, loss;
    std::optional<RoundedParameters::Scope> rounded;
    if (rounded_) rounded.emplace(*rounded_);
    {
        const Range range("forward");
        // Of all batch norms at once, unless they are to be merged with those of other replicas first.
        std::vector<StatisticsUpdate> updates;
        std::optional<StatisticsScope> together;
        if (StatisticsScope::current() == nullptr)
            together.emplace([&](BatchNorm2d& layer, std::int64_t values, const Moments& moments) {
                updates.push_back(layer.statistics_update(values, moments));
            });
        output = model_(batch.input);
        loss = loss_(output, batch.loss_target());
        if (teacher_ != nullptr) loss = teacher_->distill(loss, output, batch.input);
        update_statistics(updates);
    }
    {
        const Range range("backward");
        if (share != 1)
            backward(loss, loss_scale_ ? scale_shift(loss_scale_->scale(), share, 0)
                                       : Tensor::full(loss.shape(), share, loss.dtype(), loss.device()));
        else
            loss_scale_ ? backward(loss, loss_scale_->scale()) : backward(loss);
    }
    totals_.count(sums, output, batch.target, loss, kept);
}

// Of the next loss, (2), zeros; undefined where no losses are kept.
Tensor TrainingStep::loss_slot() const {
    if (losses_.dim(0) == 0) return {};
    TERN_ASSERT(waiting_losses_ < losses_.dim(0));
    const Tensor slot = losses_.slice(waiting_losses_, waiting_losses_ + 1).reshape({2});
    slot.fill_zero();
    return slot;
}

NamedTensors TrainingStep::state() const {
    NamedTensors tensors{{"totals", totals_.sums()}};
    if (local_) {
        tensors.push_back({"local.totals", all_sums_});
        for (const NamedTensor& named : local_->state()) tensors.push_back(named);
        return tensors;
    }
    for (const auto& [name, tensor] : optimizer_.state()) tensors.push_back({"optimizer." + name, tensor});
    for (const NamedTensor& named : loss_scale_state()) tensors.push_back(named);
    if (exchange_)
        for (const NamedTensor& named : exchange_->state()) tensors.push_back(named);
    return tensors;
}

NamedTensors TrainingStep::loss_scale_state() const {
    NamedTensors tensors;
    if (!loss_scale_) return tensors;
    for (const auto& [name, tensor] : loss_scale_->state()) tensors.push_back({"loss_scale." + name, tensor});
    return tensors;
}

std::vector<double> TrainingStep::take_losses() {
    const Tensor host = losses_.slice(0, std::exchange(waiting_losses_, 0)).to(Device::cpu());
    std::vector<double> losses;
    for (const double* sum = host.data<double>(); std::ssize(losses) < host.dim(0); sum += 2)
        losses.push_back(sum[0] / sum[1]);
    return losses;
}

}  // namespace tern
