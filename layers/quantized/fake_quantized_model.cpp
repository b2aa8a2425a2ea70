#include "tern/layers/quantized/fake_quantized_model.hpp"

#include "tern/core/error.hpp"
#include "tern/kernels/fake_quantize/fake_quantize.hpp"
#include "tern/layers/quantized/weight_scales.hpp"
#include "tern/layers/trace/run_graph.hpp"

namespace tern {

FakeQuantizedModel::FakeQuantizedModel(QuantizedModel& model)
    : model_(model), has_scale_(model.graph().values.size()), in_float32_(model.graph().nodes.size()) {
    const Graph& graph = model.graph();
    for (const ValueId id : model.quantized_values()) has_scale_[index(id)] = true;
    for (const QuantizedStep& step : model.steps()) {
        if (step.kind == QuantizedStep::Kind::node) in_float32_[step.node] = true;
        for (const QuantizedStep::Weights& weights : step.weights) {
            const auto hold = [&](const char* name, ValueId id, std::map<ValueId, Tensor>& tensors) {
                if (id == kNoValue) return;
                Tensor& tensor = tensors[id] = graph.value(id).constant.clone();
                at(weights.name).hold_parameter(name, tensor);
            };
            hold("weight", weights.weight, weights_);
            hold("bias", weights.bias, biases_);
        }
    }
}

void FakeQuantizedModel::hand_over() const {
    for (const QuantizedStep& step : model_.steps())
        for (std::size_t w = 0; w < step.weights.size(); ++w) {
            const auto& [name, weight, bias, output] = step.weights[w];
            model_.set(step, w, weights_.at(weight), bias == kNoValue ? Tensor() : biases_.at(bias));
        }
}

// Values as they are, and as bytes stand for them.
class FakeQuantizedModel::Run {
  public:
    Run(const FakeQuantizedModel& own, const Tensor& input)
        : own_(own),
          graph_(own.model_.graph()),
          samples_(input.dim(0)),
          numbers_(graph_.values.size()),
          bytes_(graph_.values.size()) {
        numbers_[index(graph_.input)] = input;
        for (std::size_t id = 0; id < numbers_.size(); ++id)  // which are not trained
            if (graph_.values[id].constant.defined()) numbers_[id] = graph_.values[id].constant.detach();
        for (const auto& [id, weight] : own.weights_)
            numbers_[index(id)] =
                fake_quantize(weight, weight_scales(weight), -kLargestWeight, kLargestWeight);
        for (const auto& [id, bias] : own.biases_) numbers_[index(id)] = bias;
    }

    Tensor output() {
        for (std::size_t n = 0; n < graph_.nodes.size(); ++n) run(n);
        return numbers_[index(graph_.output)];
    }

  private:
    void run(std::size_t n) {
        const Node& node = graph_.nodes[n];
        const bool in_float32 = own_.in_float32_[n];
        Tensors inputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(id == kNoValue ? Tensor() : in_float32 ? numbers_[index(id)] : byte(id));
        const Tensors outputs = run_node(graph_, node, inputs, samples_);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            const ValueId id = node.outputs[k];
            if (id == kNoValue) continue;
            numbers_[index(id)] = outputs[k];
            if (!in_float32) numbers_[index(id)] = byte(id);  // nobody has it otherwise
        }
    }

    const Tensor& byte(ValueId id) {
        if (!own_.has_scale_[index(id)]) return numbers_[index(id)];
        Tensor& bytes = bytes_[index(id)];
        if (!bytes.defined()) {
            const Quantization to = own_.model_.quantization(id);
            bytes = fake_quantize(numbers_[index(id)], Tensor::full({}, to.scale), -to.zero, 255 - to.zero);
        }
        return bytes;
    }

    const FakeQuantizedModel& own_;
    const Graph& graph_;
    std::int64_t samples_;
    Tensors numbers_, bytes_;
};

Features FakeQuantizedModel::forward(Features input) {
    const Tensor& images = input;
    model_.check_input(images);
    return Run(*this, images).output();
}

}  // namespace tern
