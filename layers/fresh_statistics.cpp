#include "tern/layers/fresh_statistics.hpp"

#include <utility>

#include "tern/core/fill.hpp"

namespace tern {

FreshStatistics::FreshStatistics(Module& model) {
    model.visit([this](const std::string&, Module& module) {
        auto* const layer = dynamic_cast<BatchNorm2d*>(&module);
        if (layer == nullptr || !layer->training()) return;
        const Tensor none = Tensor::zeros({}, DType::int64, layer->num_batches_tracked_.device());
        norms_.push_back({layer, layer->options_, std::exchange(layer->num_batches_tracked_, none)});
        layer->options_.momentum = 0;  // 1 / t: the plain mean
        layer->options_.bias_correction = true;
        fill(layer->running_mean_, 0);
        fill(layer->running_var_, 1);
    });
}

FreshStatistics::~FreshStatistics() {
    for (Norm& norm : norms_) {
        norm.layer->options_ = norm.options;
        norm.layer->num_batches_tracked_ = std::move(norm.batches);
    }
}

}  // namespace tern
