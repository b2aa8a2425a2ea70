#include "tern/training/optimizer.hpp"

#include <cmath>
#include <utility>

#include "tern/core/fill.hpp"
#include "tern/layers/dropout_scope.hpp"

namespace tern {

namespace {

double checked_rate(double rate) {
    TERN_CHECK(std::isfinite(rate) && rate >= 0, "optimizer",
               "the learning rate must be a finite number of at least 0, got ", rate);
    return rate;
}

}  // namespace

Optimizer::Optimizer(FlatParameters parameters, double learning_rate)
    : parameters_(std::move(parameters)),
      learning_rate_(checked_rate(learning_rate)),
      rate_tensor_(Tensor::full({}, learning_rate, DType::float64, parameters_.values().device())) {}

void Optimizer::step(const Tensor& gradient_factor) {
    update(gradient_factor);
    if (const DropoutScope* const dropout = DropoutScope::current()) dropout->next_step();
}

void Optimizer::set_learning_rate(double rate) {
    if (rate == learning_rate_) return;
    learning_rate_ = checked_rate(rate);
    fill(rate_tensor_, rate);
}

Tensor Optimizer::make_buffer() const {
    const Tensor& values = parameters_.values();
    return Tensor::zeros(values.shape(), values.dtype(), values.device());
}

Adam::Adam(FlatParameters parameters, double learning_rate, const AdamParams& params)
    : Optimizer(std::move(parameters), learning_rate),
      params_(params),
      moment1_(make_buffer()),
      moment2_(make_buffer()),
      step_(Tensor::zeros({}, DType::int64, moment1_.device())) {}

void Adam::update(const Tensor& gradient_factor) {
    adam_step(parameters().values(), moment1_, moment2_, step_, parameters().gradients(), rate_tensor(),
              params_, gradient_factor);
}

NamedTensors Adam::state() const { return {{"moment1", moment1_}, {"moment2", moment2_}, {"step", step_}}; }

Sgd::Sgd(FlatParameters parameters, double learning_rate, const SgdParams& params)
    : Optimizer(std::move(parameters), learning_rate),
      params_(params),
      buffer_(params.momentum > 0 ? make_buffer() : Tensor()) {}

void Sgd::update(const Tensor& gradient_factor) {
    sgd_step(parameters().values(), buffer_, parameters().gradients(), rate_tensor(), params_,
             gradient_factor);
}

NamedTensors Sgd::state() const {
    if (!buffer_.defined()) return {};
    return {{"momentum", buffer_}};
}

std::unique_ptr<Optimizer> make_optimizer(FlatParameters parameters, const OptimizerSettings& settings) {
    if (settings.name == "sgd") {
        const SgdParams params{.momentum = settings.momentum, .weight_decay = settings.weight_decay};
        return std::make_unique<Sgd>(std::move(parameters), settings.learning_rate, params);
    }
    TERN_CHECK(settings.name == "adam" || settings.name == "adamw", "optimizer", '"', settings.name,
               "\" is none of adam, adamw, sgd");
    const AdamParams params{.beta1 = settings.beta1,
                            .beta2 = settings.beta2,
                            .epsilon = settings.epsilon,
                            .weight_decay = settings.weight_decay,
                            .decoupled = settings.name == "adamw"};
    return std::make_unique<Adam>(std::move(parameters), settings.learning_rate, params);
}

}  // namespace tern
