#include "tern/layers/quantized/quantize_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "tern/core/error.hpp"
#include "tern/layers/fold_batch_norms.hpp"
#include "tern/layers/trace/run_graph.hpp"
#include "tern/layers/trace/trace.hpp"

namespace tern {
namespace {

Shape without_samples(const Shape& shape) {
    std::vector<std::int64_t> extents;
    for (int d = 1; d < shape.rank(); ++d) extents.push_back(shape[d]);
    return Shape(extents);
}

bool is_separable(const QuantizedStep& step) { return step.kind == QuantizedStep::Kind::separable; }

// Nothing stands between the two convolutions.
bool is_linear_between(const Graph& graph, const QuantizedStep& step) {
    return is_separable(step) && graph.nodes[step.node].outputs[0] == step.weights[0].output;
}

// Divides what the first of two layers gives in each channel, and multiplies what the second makes of it.
void equalize(Graph& graph, const QuantizedStep& step, const std::vector<float>& largest) {
    const auto constant = [&](ValueId id) -> Tensor& {
        return graph.values[static_cast<std::size_t>(id)].constant;
    };
    const auto own = [&](ValueId id) -> Tensor& { return constant(id) = constant(id).clone(); };
    Tensor &first = own(step.weights[0].weight), &second = own(step.weights[1].weight);
    Tensor* const bias = step.weights[0].bias == kNoValue ? nullptr : &own(step.weights[0].bias);
    const std::int64_t channels = first.dim(0), taps = first.numel() / channels, outputs = second.dim(0);
    for (std::int64_t c = 0; c < channels; ++c) {
        float weight = 0;
        for (std::int64_t o = 0; o < outputs; ++o)
            weight = std::max(weight, std::fabs(second.data<float>()[o * channels + c]));
        const float value = largest[static_cast<std::size_t>(c)];
        if (weight == 0 || value == 0) continue;
        const float factor = std::sqrt(value / weight);
        for (std::int64_t t = 0; t < taps; ++t) first.data<float>()[c * taps + t] /= factor;
        if (bias != nullptr) bias->data<float>()[c] /= factor;
        for (std::int64_t o = 0; o < outputs; ++o) second.data<float>()[o * channels + c] *= factor;
    }
}

// The largest number of each channel.
void see_channels(const Tensor& values, std::vector<float>& largest) {
    const auto channels = static_cast<std::int64_t>(largest.size());
    const float* const numbers = values.data<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
        float& own = largest[static_cast<std::size_t>(i % channels)];
        own = std::max(own, std::fabs(numbers[i]));
    }
}

Graph equalized(Graph graph, const std::vector<QuantizedStep>& steps, const Tensors& batches) {
    std::map<std::size_t, std::vector<float>> largest;
    for (std::size_t s = 0; s < steps.size(); ++s)
        if (is_linear_between(graph, steps[s]))
            largest[s].resize(
                static_cast<std::size_t>(graph.value(steps[s].weights[0].weight).constant.dim(0)));
    if (largest.empty()) return graph;
    for (const Tensor& batch : batches) {
        const Tensors values = run_graph(graph, batch);
        for (auto& [s, channels] : largest)
            see_channels(values[static_cast<std::size_t>(steps[s].weights[0].output)], channels);
    }
    for (const auto& [s, channels] : largest) equalize(graph, steps[s], channels);
    return graph;
}

}  // namespace

std::unique_ptr<QuantizedModel> quantize_model(Module& model, const Tensors& batches, RangeMethod method) {
    TERN_CHECK(!batches.empty() && batches[0].rank() >= 2 && batches[0].dim(0) > 0, "quantize",
               "there are no images to take ranges from");
    const Shape sample = without_samples(batches[0].shape());
    fold_batch_norms(model, batches[0].shape().with(0, 1));
    Graph traced = trace(model, sample);
    const std::vector<QuantizedStep> steps = plan_of(traced);
    auto quantized = std::make_unique<QuantizedModel>(equalized(std::move(traced), steps, batches));
    const Graph& graph = quantized->graph();
    std::map<ValueId, ValueRange> ranges;
    for (const ValueId id : quantized->quantized_values()) ranges[id];
    for (const bool ends : {true, false}) {
        for (const Tensor& batch : batches) {
            const Tensors values = run_graph(graph, batch);
            for (auto& [id, range] : ranges) {
                const Tensor& value = values[static_cast<std::size_t>(id)];
                if (ends)
                    range.see_ends(value.data<float>(), value.numel());
                else
                    range.count(value.data<float>(), value.numel());
            }
        }
    }
    for (const auto& [id, range] : ranges) quantized->set(id, range.quantization(method));
    for (const QuantizedStep& step : quantized->steps())
        for (std::size_t w = 0; w < step.weights.size(); ++w) {
            const ValueId bias = step.weights[w].bias;
            quantized->set(step, w, graph.value(step.weights[w].weight).constant,
                           bias == kNoValue ? Tensor() : graph.value(bias).constant);
        }
    quantized->eval();
    return quantized;
}

}  // namespace tern
