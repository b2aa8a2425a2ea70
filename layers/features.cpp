#include "tern/layers/features.hpp"

#include <utility>

#include "tern/core/owner.hpp"

namespace tern {

Features::Features(Tensor tensor, Moments moments)
    : state_(std::make_shared<State>(State{std::move(tensor), std::move(moments), {}, nullptr})) {}

Features::Features(Tensor tensor, DeferredNormalize norm, const void* owner)
    : state_(std::make_shared<State>(State{std::move(tensor), {}, std::move(norm), owner})) {}

const Tensor& Features::value() const {
    if (const DeferredNormalize& norm = state_->norm) {
        const OwnerScope scope(state_->owner);
        keep_value(normalize(state_->tensor, norm.mean, norm.variance, norm.gamma, norm.beta, norm.params,
                             norm.residual));
    }
    return state_->tensor;
}

void Features::keep_value(Tensor value) const { *state_ = {std::move(value), {}, {}, nullptr}; }

}  // namespace tern
