#include "tern/training/optimizer.hpp"

#include <cmath>
#include <utility>

#include "tern/core/fill.hpp"
#include "tern/layers/dropout_scope.hpp"
#include "tern/training/muon.hpp"

namespace tern {

namespace {

double checked_rate(double rate) {
    TERN_CHECK(std::isfinite(rate) && rate >= 0, "optimizer",
               "the learning rate must be a finite number of at least 0, got ", rate);
    return rate;
}

// 1 for parameters of two or more dimensions.
Tensor mask_of_weights(const FlatParameters& parameters) {
    const Tensor& values = parameters.values();
    const Tensor mask = Tensor::zeros(values.shape(), values.dtype(), values.device());
    for (const FlatParameters::Slice& slice : parameters.slices())
        if (slice.parameter.rank() >= 2) fill(mask.slice(slice.begin, slice.begin + slice.count), 1);
    return mask;
}

Tensor mask_for(const FlatParameters& parameters, const std::string& decay) {
    if (decay == "weights") return mask_of_weights(parameters);
    TERN_CHECK(decay == "all", "optimizer", "the weight decay is of all or weights, got ", decay);
    return {};
}

}  // namespace

Optimizer::Optimizer(FlatParameters parameters, double learning_rate, Tensor decay_mask)
    : parameters_(std::move(parameters)),
      learning_rate_(checked_rate(learning_rate)),
      rate_tensor_(Tensor::full({}, learning_rate, DType::float64, parameters_.values().device())),
      decay_mask_(std::move(decay_mask)) {}

void Optimizer::step(const Tensor& gradient_factor) {
    update(gradient_factor);
    if (const DropoutScope* const dropout = DropoutScope::current()) dropout->next_step();
}

void Optimizer::set_learning_rate(double rate) {
    if (rate == learning_rate_) return;
    learning_rate_ = checked_rate(rate);
    fill(rate_tensor_, rate);
    rate_changed();
}

Tensor Optimizer::make_buffer() const {
    const Tensor& values = parameters_.values();
    return Tensor::zeros(values.shape(), values.dtype(), values.device());
}

Adam::Adam(FlatParameters parameters, double learning_rate, const AdamParams& params, Tensor decay_mask)
    : Optimizer(std::move(parameters), learning_rate, std::move(decay_mask)),
      params_(params),
      moment1_(make_buffer()),
      moment2_(make_buffer()),
      step_(Tensor::zeros({}, DType::int64, moment1_.device())) {}

void Adam::update(const Tensor& gradient_factor) {
    adam_step(parameters().values(), moment1_, moment2_, step_, parameters().gradients(), rate_tensor(),
              params_, gradient_factor, decay_mask());
}

NamedTensors Adam::state() const { return {{"moment1", moment1_}, {"moment2", moment2_}, {"step", step_}}; }

Rmsprop::Rmsprop(FlatParameters parameters, double learning_rate, const RmspropParams& params,
                 Tensor decay_mask)
    : Optimizer(std::move(parameters), learning_rate, std::move(decay_mask)),
      params_(params),
      square_(make_buffer()),
      buffer_(params.momentum > 0 ? make_buffer() : Tensor()) {}

void Rmsprop::update(const Tensor& gradient_factor) {
    rmsprop_step(parameters().values(), square_, buffer_, parameters().gradients(), rate_tensor(), params_,
                 gradient_factor, decay_mask());
}

NamedTensors Rmsprop::state() const {
    NamedTensors state{{"square", square_}};
    if (buffer_.defined()) state.push_back({"momentum", buffer_});
    return state;
}

Sgd::Sgd(FlatParameters parameters, double learning_rate, const SgdParams& params, Tensor decay_mask)
    : Optimizer(std::move(parameters), learning_rate, std::move(decay_mask)),
      params_(params),
      buffer_(params.momentum > 0 ? make_buffer() : Tensor()) {}

void Sgd::update(const Tensor& gradient_factor) {
    sgd_step(parameters().values(), buffer_, parameters().gradients(), rate_tensor(), params_,
             gradient_factor, decay_mask());
}

NamedTensors Sgd::state() const {
    if (!buffer_.defined()) return {};
    return {{"momentum", buffer_}};
}

std::unique_ptr<Optimizer> make_optimizer(FlatParameters parameters, const OptimizerSettings& settings) {
    const Tensor mask = mask_for(parameters, settings.decay);
    const double rate = settings.learning_rate;
    if (settings.name == "sgd") {
        const SgdParams params{.momentum = settings.momentum,
                               .weight_decay = settings.weight_decay,
                               .nesterov = settings.nesterov};
        return std::make_unique<Sgd>(std::move(parameters), rate, params, mask);
    }
    if (settings.name == "rmsprop") {
        const RmspropParams params{.alpha = settings.alpha,
                                   .epsilon = settings.epsilon,
                                   .momentum = settings.momentum,
                                   .weight_decay = settings.weight_decay};
        return std::make_unique<Rmsprop>(std::move(parameters), rate, params, mask);
    }
    const bool muon = settings.name == "muon";
    TERN_CHECK(muon || settings.name == "adam" || settings.name == "adamw", "optimizer", '"', settings.name,
               "\" is none of adam, adamw, muon, rmsprop, sgd");
    const AdamParams params{.beta1 = settings.beta1,
                            .beta2 = settings.beta2,
                            .epsilon = settings.epsilon,
                            .weight_decay = settings.weight_decay,
                            .decoupled = settings.name != "adam"};
    if (!muon) return std::make_unique<Adam>(std::move(parameters), rate, params, mask);
    return std::make_unique<Muon>(
        std::move(parameters), rate,
        MuonParams{
            .momentum = settings.momentum, .auxiliary_rate = settings.auxiliary_rate, .auxiliary = params},
        mask);
}

}  // namespace tern
