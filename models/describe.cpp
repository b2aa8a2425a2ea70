#include "tern/models/describe.hpp"

#include <map>
#include <utility>

#include "tern/layers/evaluation_scope.hpp"

namespace tern {
namespace {

std::int64_t floating_elements(const NamedTensors& tensors) {
    std::int64_t count = 0;
    for (const NamedTensor& named : tensors) {
        if (is_floating(named.tensor.dtype())) count += named.tensor.numel();
    }
    return count;
}

}  // namespace

ModelDescription describe(Module& model, const Shape& input) {
    std::map<const Module*, std::pair<std::string, Module*>> known;
    model.visit([&](const std::string& name, Module& module) {
        known.emplace(&module, std::pair{name, &module});
    });

    ModelDescription result;
    const ForwardObserver observer([&](const Module& called, const Tensor& from, const Tensor& output) {
        result.total.multiply_adds += called.multiply_adds(from.shape(), output.shape());
        if (called.has_children()) return;
        const auto& [name, module] = known.at(&called);
        result.layers.push_back({name, module->type(), output.shape(), module->parameter_count(),
                                 floating_elements(module->buffers()),
                                 module->multiply_adds(from.shape(), output.shape()), output.bytes()});
    });
    const Tensor output = output_of_zeros(model, input);

    result.total.type = model.type();
    result.total.output = output.shape();
    result.total.parameters = model.parameter_count();
    result.total.running = floating_elements(model.buffers());
    for (const LayerDescription& layer : result.layers)
        result.total.activation_bytes += layer.activation_bytes;
    return result;
}

}  // namespace tern
