#include "tern/layers/evaluation_scope.hpp"

#include "tern/core/autograd.hpp"

namespace tern {

EvaluationScope::EvaluationScope(Module& model) {
    model.visit(
        [this](const std::string&, Module& module) { modes_.emplace_back(&module, module.training_); });
    model.eval();
}

// Parents come before children, so the last word is each module's own.
EvaluationScope::~EvaluationScope() {
    for (const auto& [module, training] : modes_) module->train(training);
}

Tensor zeros_for(const Module& model, const Shape& input) {
    const NamedTensors state = model.state();
    const Tensor like = state.empty() ? Tensor::empty({}) : state.front().tensor;
    return Tensor::zeros(input, like.dtype(), like.device());
}

Tensor evaluated(Module& model, const Tensor& input) {
    const EvaluationScope evaluation(model);
    const NoGrad no_grad;
    return model(input);
}

Tensor output_of_zeros(Module& model, const Shape& input) {
    return evaluated(model, zeros_for(model, input));
}

}  // namespace tern
