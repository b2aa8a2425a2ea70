#include "tern/training/local_replicas.hpp"

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce.hpp"

namespace tern {
namespace {

const char* const kWhere = "local steps";

}  // namespace

LocalReplicas::LocalReplicas(Module& model, const Optimizer& optimizer, const NamedTensors& others,
                             const ReplicaShare& share, Communicator& communicator,
                             const ExchangeOptions& exchange, const LocalOptions& options)
    : parameters_(optimizer.parameters()),
      share_(share),
      communicator_(communicator),
      options_(options),
      common_(parameters_.values().clone()),
      rate_(Tensor::full({}, options.outer_rate, DType::float64, common_.device())) {
    ExchangeOptions whole = exchange;
    whole.overlap = false;  // there is no backward pass
    exchange_ = make_gradient_exchange(parameters_, share, communicator, whole);
    TERN_CHECK(options.steps >= 1, kWhere, "there must be at least 1 between two averages, got ",
               options.steps);
    TERN_CHECK(options.outer_rate > 0, kWhere, "the outer learning rate must be above 0, got ",
               options.outer_rate);
    TERN_CHECK(options.outer_momentum >= 0 && options.outer_momentum < 1, kWhere,
               "the outer momentum must be in [0, 1), got ", options.outer_momentum);
    if (options.outer_momentum > 0)
        velocity_ = Tensor::zeros(common_.shape(), common_.dtype(), common_.device());
    add("weights", parameters_.values(), true);
    for (const auto& [name, tensor] : model.buffers()) add(name, tensor, is_floating(tensor.dtype()));
    for (const auto& [name, tensor] : optimizer.state()) add("optimizer." + name, tensor, false);
    for (const auto& [name, tensor] : others) add(name, tensor, false);
}

void LocalReplicas::add(const std::string& name, const Tensor& live, bool averaged) {
    std::vector<std::int64_t> extents{share_.replicas};
    extents.insert(extents.end(), live.shape().begin(), live.shape().end());
    const Shape shape{std::span<const std::int64_t>(extents)};
    parts_.push_back({name, live, Tensor::zeros(shape, live.dtype(), live.device()), averaged});
}

Tensor LocalReplicas::row(const Part& part, std::int64_t replica) const {
    const std::int64_t at = share_.begin + replica;
    return part.rows.slice(at, at + 1).reshape(part.live.shape());
}

void LocalReplicas::start() {
    held_ = kNone;
    common_.copy_from(parameters_.values());
    if (velocity_.defined()) velocity_.fill_zero();
    for (const Part& part : parts_)
        for (std::int64_t replica = 0; replica < share_.count(); ++replica)
            row(part, replica).copy_from(part.live);
}

void LocalReplicas::keep_held() {
    if (held_ < 0) return;
    for (const Part& part : parts_) row(part, held_).copy_from(part.live);
}

void LocalReplicas::hold(std::int64_t replica) {
    if (replica == held_) return;
    keep_held();
    for (const Part& part : parts_) part.live.copy_from(row(part, replica));
    held_ = replica;
}

void LocalReplicas::resume() { held_ = kNone; }

void LocalReplicas::average() {
    const Range range("average");
    const NoGrad no_grad;
    keep_held();
    const Part& weights = parts_.front();
    for (std::int64_t replica = 0; replica < share_.count(); ++replica) {
        exchange_->begin(replica);
        parameters_.gradients().copy_from(common_ - row(weights, replica));
        exchange_->end(replica);
    }
    const Tensor change = scale_shift(parameters_.gradients(), 1 / static_cast<double>(share_.replicas), 0);
    sgd_step(common_, velocity_, change, rate_,
             {.momentum = options_.outer_momentum, .nesterov = options_.outer_momentum > 0});
    for (std::int64_t replica = 0; replica < share_.count(); ++replica)
        row(weights, replica).copy_from(common_);
    if (held_ >= 0) weights.live.copy_from(common_);
}

void LocalReplicas::hold_mean() {
    const NoGrad no_grad;
    exchange_->gather();
    keep_held();
    held_ = kNone;
    for (const Part& part : parts_) {
        gather_rows(communicator_, part.rows, share_.begin, share_.end, kGathering);
        part.live.copy_from(part.averaged ? mean(part.rows, {0})
                                          : part.rows.slice(0, 1).reshape(part.live.shape()));
    }
}

NamedTensors LocalReplicas::state() const {
    NamedTensors tensors{{"local.common", common_}};
    if (velocity_.defined()) tensors.push_back({"local.velocity", velocity_});
    for (const Part& part : parts_) tensors.push_back({"local." + part.name, part.rows});
    for (const NamedTensor& named : exchange_->state()) tensors.push_back(named);
    return tensors;
}

}  // namespace tern
