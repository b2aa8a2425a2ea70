#include "tern/training/operation_ranges.hpp"

#include "tern/core/owner.hpp"

namespace tern {

OperationRanges::OperationRanges(Module& model) {
    layers_.emplace(nullptr, "-");
    model.visit([this](const std::string& name, Module& module) {
        layers_.emplace(&module, name.empty() ? "-" : name);
    });
    hook_.emplace([this](const Problem& problem, const Implementation& implementation, const Stream& stream) {
        run(problem, implementation, stream);
    });
}

// A teacher's modules are not the model's.
const std::string& OperationRanges::layer(const void* owner) const {
    const auto found = layers_.find(owner);
    return found == layers_.end() ? layers_.at(nullptr) : found->second;
}

void OperationRanges::run(const Problem& problem, const Implementation& implementation,
                          const Stream& stream) {
    const Pass& pass = problem.pass;
    const auto [name, is_new] = names_.try_emplace(&pass);
    if (is_new) name->second = to_text(pass.op, '.', pass.name);
    const RecordedScope scope({name->second, layer(current_owner()), implementation.name});
    implementation.run(problem, stream);
}

}  // namespace tern
