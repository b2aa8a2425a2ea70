#include "tern/layers/features.hpp"

#include <utility>

#include "tern/core/owner.hpp"

namespace tern {

Features::Features(Tensor tensor, Moments moments)
    : state_(std::make_shared<State>(State{std::move(tensor), std::move(moments), {}, nullptr})) {}

Features::Features(Tensor tensor, DeferredNormalize norm, const void* owner)
    : state_(std::make_shared<State>(State{std::move(tensor), {}, std::move(norm), owner})) {}

const Tensor& Features::value() const {
    const DeferredNormalize& norm = state_->norm;
    if (!norm) return state_->tensor;
    const bool keeps = !state_->recorded || grad_enabled();
    if (!keeps && state_->unrecorded) return state_->unrecorded;
    const OwnerScope scope(state_->owner);
    Tensor value = normalize(state_->tensor, norm.mean, norm.variance, norm.gamma, norm.beta, norm.params,
                             norm.residual);
    if (!keeps) return state_->unrecorded = std::move(value);
    keep_value(std::move(value));
    return state_->tensor;
}

void Features::keep_value(Tensor value) const {
    if (!state_->recorded || grad_enabled()) *state_ = {std::move(value), {}, {}, nullptr};
}

}  // namespace tern
