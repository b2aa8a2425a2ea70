#include "tern/training/weight_average.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/kernels/accumulate/accumulate.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

namespace tern {

WeightAverage::WeightAverage(const Module& model, const FlatParameters& parameters, double decay,
                             bool statistics)
    : decay_(decay), arena_(std::make_unique<StepArena>(parameters.values().device())) {
    TERN_CHECK(decay > 0 && decay < 1, "average", "the decay of averaged weights must be in (0, 1), got ",
               decay);
    pairs_.push_back({"weights", parameters.values(), parameters.values().clone()});
    if (!statistics) return;
    for (const auto& [name, tensor] : model.buffers())
        if (is_floating(tensor.dtype())) pairs_.push_back({name, tensor, tensor.clone()});
}

WeightAverage::~WeightAverage() = default;

void WeightAverage::start() const {
    for (const Pair& pair : pairs_) pair.other.copy_from(pair.model);
}

void WeightAverage::hold_trained() {
    if (model_is_average_) exchange();
}

void WeightAverage::hold_average() {
    if (!model_is_average_) exchange();
}

void WeightAverage::exchange() {
    for (const Pair& pair : pairs_) {
        const Tensor copy = pair.model.clone();
        pair.model.copy_from(pair.other);
        pair.other.copy_from(copy);
    }
    model_is_average_ = !model_is_average_;
}

void WeightAverage::update(std::int64_t step) {
    if (step == 1) {
        for (const Pair& pair : pairs_) pair.other.copy_from(pair.model);
        return;
    }
    const NoGrad no_grad;
    const StepArena::Scope scope(*arena_);
    const auto t = static_cast<double>(step);
    const double share = 1 - std::min(decay_, t / (t + 9));
    for (const Pair& pair : pairs_) accumulate(pair.other, scale_shift(pair.model - pair.other, share, 0));
}

NamedTensors WeightAverage::state() const {
    NamedTensors tensors;
    for (const Pair& pair : pairs_) tensors.push_back({"trained." + pair.name, pair.other});
    return tensors;
}

}  // namespace tern
