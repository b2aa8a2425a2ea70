#include "tern/layers/evaluation_scope.hpp"

namespace tern {

EvaluationScope::EvaluationScope(Module& model) {
    model.visit(
        [this](const std::string&, Module& module) { modes_.emplace_back(&module, module.training()); });
    model.eval();
}

// Parents come before children, so the last word is each module's own.
EvaluationScope::~EvaluationScope() {
    for (const auto& [module, training] : modes_) module->train(training);
}

}  // namespace tern
