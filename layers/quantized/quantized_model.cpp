#include "tern/layers/quantized/quantized_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tern/core/error.hpp"
#include "tern/kernels/quantized_conv2d/quantized_conv2d.hpp"
#include "tern/kernels/quantized_global_average_pool/quantized_global_average_pool.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d.hpp"
#include "tern/kernels/quantized_separable_conv2d/quantized_separable_conv2d.hpp"
#include "tern/layers/quantized/weight_scales.hpp"
#include "tern/layers/trace/run_graph.hpp"

namespace tern {
namespace {

using Kind = QuantizedStep::Kind;
const char* const kWhere = "quantized model";

// What numbers of one scale become in another. No product with a sum or a byte overflows, so that none is a NaN.
float quotient(float scale, float other) {
    constexpr float kMost = 1e28F;
    TERN_CHECK(scale / other <= kMost, kWhere, "a scale must be at most ", kMost, " times another, got ",
               scale, " and ", other);
    return scale / other;
}

}  // namespace

QuantizedModel::QuantizedModel(Graph graph)
    : graph_(std::move(graph)),
      steps_(plan_of(graph_)),
      last_read_(graph_.values.size(), 0),
      same_scale_(graph_.values.size()) {
    for (std::size_t id = 0; id < same_scale_.size(); ++id) same_scale_[id] = static_cast<ValueId>(id);
    for (std::size_t s = 0; s < steps_.size(); ++s) {
        const QuantizedStep& step = steps_[s];
        if (step.kind == Kind::max_pool || step.kind == Kind::view)
            same_scale_[index(step.output)] = same_scale_[index(step.input)];
        const auto read = [&](ValueId id) {
            if (id != kNoValue) last_read_[index(id)] = s;
        };
        read(step.input);
        read(step.residual);
        if (step.kind == Kind::node) std::ranges::for_each(graph_.nodes[step.node].inputs, read);
    }
    last_read_[index(graph_.output)] = steps_.size();
    for (const QuantizedStep& step : steps_) {
        for (std::size_t w = 0; w < step.weights.size(); ++w)
            add_layer(step.weights[w], step.gives_bytes || w + 1 < step.weights.size());
        if (step.kind == Kind::average_pool) add_scale(graph_.nodes[step.node].module, "output", step.output);
        if (step.kind == Kind::node) add_constants(graph_.nodes[step.node]);
    }
    for (const QuantizedStep& step : steps_) {  // what comes from float32
        if (step.kind == Kind::node) continue;
        for (const ValueId id : {step.input, step.residual}) {
            if (id == kNoValue || scales_.contains(same_scale_[index(id)])) continue;
            if (id == graph_.input)
                add_scale("", "input", id);
            else
                add_scale("values", std::to_string(id), id);
        }
    }
}

QuantizedModel::~QuantizedModel() = default;

void QuantizedModel::add_scale(const std::string& group, const std::string& name, ValueId value) {
    auto& scale = scales_[value] = std::make_unique<Scale>();
    scale->scale = Tensor::full({}, std::numeric_limits<double>::quiet_NaN());
    scale->zero = Tensor::zeros({}, DType::uint8);
    at(group).hold(name + "_scale", scale->scale);
    at(group).hold(name + "_zero", scale->zero);
}

void QuantizedModel::add_layer(const QuantizedStep::Weights& weights, bool gives_bytes) {
    auto& layer = layers_[weights.name];
    TERN_CHECK(layer == nullptr, kWhere, weights.name,
               " runs more than once; in 8 bits each layer runs once");
    layer = std::make_unique<Layer>();
    const Shape shape = graph_.value(weights.weight).constant.shape();
    layer->weight = Tensor::zeros(shape, DType::int8);
    layer->weight_scale = Tensor::full({shape[0]}, std::numeric_limits<double>::quiet_NaN());
    layer->bias = Tensor::zeros({shape[0]}, DType::int32);
    BufferGroup& group = at(weights.name);
    group.hold("weight", layer->weight);
    group.hold("weight_scale", layer->weight_scale);
    group.hold("bias", layer->bias);
    if (gives_bytes) add_scale(weights.name, "output", weights.output);
}

// Parameters and buffers that an operation in float32 reads.
void QuantizedModel::add_constants(const Node& node) {
    for (const ValueId id : node.inputs) {
        if (id == kNoValue || graph_.value(id).name.empty()) continue;
        Value& value = graph_.values[index(id)];
        value.constant = value.constant.clone();
        const std::size_t dot = value.name.rfind('.');
        const bool has_group = dot != std::string::npos;
        at(has_group ? value.name.substr(0, dot) : "")
            .hold(has_group ? value.name.substr(dot + 1) : value.name, value.constant);
    }
}

std::vector<ValueId> QuantizedModel::quantized_values() const {
    std::vector<ValueId> values;
    for (const auto& [value, scale] : scales_) values.push_back(value);
    return values;
}

void QuantizedModel::set(ValueId value, const Quantization& quantization) {
    Scale& scale = *scales_.at(value);
    scale.scale.data<float>()[0] = quantization.scale;
    scale.zero.data<std::uint8_t>()[0] = static_cast<std::uint8_t>(quantization.zero);
}

Quantization QuantizedModel::quantization(ValueId value) const {
    const Scale& scale = *scales_.at(same_scale_[index(value)]);
    const float number = scale.scale.data<float>()[0];
    TERN_CHECK(number > 0 && std::isfinite(1 / number) && std::isfinite(number), kWhere,
               "a scale must be above 0, got ", number);
    return {number, scale.zero.data<std::uint8_t>()[0]};
}

ValueId QuantizedModel::read_by(const QuantizedStep& step, std::size_t which) const {
    return which == 0 ? step.input : step.weights[which - 1].output;
}

void QuantizedModel::set(const QuantizedStep& step, std::size_t which, const Tensor& weight,
                         const Tensor& bias) {
    constexpr auto kLargest = static_cast<float>(kLargestWeight);
    Layer& layer = *layers_.at(step.weights.at(which).name);
    TERN_CHECK(weight.shape() == layer.weight.shape() && weight.dtype() == DType::float32, kWhere,
               "weights of ", step.weights[which].name, " must be ", DType::float32, ' ',
               layer.weight.shape(), ", got ", weight);
    const double input_scale = quantization(read_by(step, which)).scale;
    const std::int64_t outputs = weight.dim(0), terms = weight.numel() / std::max<std::int64_t>(outputs, 1);
    for (const float number : weight.elements<float>())
        TERN_CHECK(std::isfinite(number), kWhere, "a weight of ", step.weights[which].name, " is ", number);
    layer.weight_scale.copy_from(weight_scales(weight));
    for (std::int64_t o = 0; o < outputs; ++o) {
        const float* const from = weight.data<float>() + o * terms;
        const float scale = layer.weight_scale.data<float>()[o], factor = 1 / scale;
        for (std::int64_t t = 0; t < terms; ++t)  // as fake_quantize() rounds them
            layer.weight.data<std::int8_t>()[o * terms + t] =
                static_cast<std::int8_t>(std::clamp(std::nearbyint(from[t] * factor), -kLargest, kLargest));
        const double unit = input_scale * static_cast<double>(scale);
        const double shift = bias.defined() ? bias.data<float>()[o] / unit : 0;
        layer.bias.data<std::int32_t>()[o] = element_of<std::int32_t>(std::nearbyint(shift));
    }
    layer.weight.mark_changed();
    layer.bias.mark_changed();
}

Tensor QuantizedModel::multiplier(const Layer& layer, float input_scale, float output_scale) {
    const Tensor result = Tensor::empty(layer.weight_scale.shape(), DType::float32);
    const float* const scales = layer.weight_scale.data<float>();
    float* const factors = result.data<float>();
    for (std::int64_t o = 0; o < result.numel(); ++o) {
        TERN_CHECK(scales[o] > 0, kWhere, "the scale of a weight must be above 0, got ", scales[o]);
        factors[o] = quotient(input_scale * scales[o], output_scale);
    }
    return result;
}

// Values as bytes, as float32 numbers, or as both.
class QuantizedModel::Run {
  public:
    Run(const QuantizedModel& model, const Tensor& input)
        : model_(model),
          samples_(input.dim(0)),
          bytes_(model.graph_.values.size()),
          numbers_(model.graph_.values.size()) {
        numbers_[index(model.graph_.input)] = input;
    }

    Tensor output() {
        for (std::size_t s = 0; s < model_.steps_.size(); ++s) {
            const QuantizedStep& step = model_.steps_[s];
            run(step);
            release(step.input, s);
            release(step.residual, s);
            if (step.kind != Kind::node) continue;
            for (const ValueId id : model_.graph_.nodes[step.node].inputs) release(id, s);
        }
        return number(model_.graph_.output);
    }

  private:
    void release(ValueId id, std::size_t s) {
        if (id == kNoValue || model_.last_read_[index(id)] != s) return;
        bytes_[index(id)] = {};
        numbers_[index(id)] = {};
    }

    const Tensor& byte(ValueId id) {
        Tensor& bytes = bytes_[index(id)];
        if (!bytes.defined()) bytes = quantize(numbers_[index(id)], model_.quantization(id));
        return bytes;
    }
    const Tensor& number(ValueId id) {
        Tensor& numbers = numbers_[index(id)];
        const Tensor& constant = model_.graph_.value(id).constant;
        if (!numbers.defined())
            numbers = constant.defined() ? constant : dequantize(bytes_[index(id)], model_.quantization(id));
        return numbers;
    }

    void run(const QuantizedStep& step) {
        switch (step.kind) {
            case Kind::convolution:
                return convolution(step);
            case Kind::separable:
                return separable(step);
            case Kind::max_pool:
                bytes_[index(step.output)] = quantized_max_pool2d(byte(step.input), step.window);
                return;
            case Kind::average_pool:
                return average_pool(step);
            case Kind::view:
                bytes_[index(step.output)] =
                    run_node(model_.graph_, node_of(step), {byte(step.input)}, samples_)[0];
                return;
            case Kind::node:
                return node(step);
        }
    }

    // What the last layer of a step gives.
    Requantize result_of(const QuantizedStep& step, float scale) const {
        Requantize result;
        if (step.gives_bytes) result.zero = model_.quantization(step.output).zero;
        if (step.residual != kNoValue) {
            const Quantization residual = model_.quantization(step.residual);
            result.residual_zero = residual.zero;
            result.residual_multiplier = quotient(residual.scale, scale);
        }
        return result;
    }
    float result_scale(const QuantizedStep& step) const {
        return step.gives_bytes ? model_.quantization(step.output).scale : 1;
    }
    Tensor residual(const QuantizedStep& step) {
        return step.residual == kNoValue ? Tensor() : byte(step.residual);
    }

    void convolution(const QuantizedStep& step) {
        const Layer& layer = model_.layer(step.weights[0].name);
        const Quantization from = model_.quantization(step.input);
        const float scale = result_scale(step);
        const Tensor& weight = layer.weight;
        const auto image = [](const Tensor& tensor) {  // of a linear layer
            return tensor.defined() && tensor.rank() == 2
                       ? tensor.reshape({tensor.dim(0), 1, 1, tensor.dim(1)})
                       : tensor;
        };
        const Tensor taps =
            weight.rank() == 2 ? weight.reshape({weight.dim(0), weight.dim(1), 1, 1}) : weight;
        const Tensor result =
            quantized_conv2d(image(byte(step.input)), taps, layer.bias, multiplier(layer, from.scale, scale),
                             {step.window, from.zero, result_of(step, scale)}, image(residual(step)),
                             step.gives_bytes ? DType::uint8 : DType::float32);
        const Tensor shaped = result.reshape(model_.graph_.value(step.output).shape(samples_));
        (step.gives_bytes ? bytes_ : numbers_)[index(step.output)] = shaped;
    }

    void separable(const QuantizedStep& step) {
        const Layer &depthwise = model_.layer(step.weights[0].name),
                    &pointwise = model_.layer(step.weights[1].name);
        const Quantization from = model_.quantization(step.input),
                           middle = model_.quantization(step.weights[0].output);
        const float scale = result_scale(step);
        const Tensor& mixing = pointwise.weight;
        bytes_[index(step.output)] = quantized_separable_conv2d(
            byte(step.input),
            {depthwise.weight, depthwise.bias, multiplier(depthwise, from.scale, middle.scale)},
            {mixing.reshape({mixing.dim(0), mixing.dim(1)}), pointwise.bias,
             multiplier(pointwise, middle.scale, scale)},
            {step.window, from.zero, middle.zero, result_of(step, scale)}, residual(step));
    }

    void average_pool(const QuantizedStep& step) {
        const Quantization from = model_.quantization(step.input), to = model_.quantization(step.output);
        bytes_[index(step.output)] = quantized_global_average_pool(
            byte(step.input), {from.zero, quotient(from.scale, to.scale), to.zero});
    }

    const Node& node_of(const QuantizedStep& step) const { return model_.graph_.nodes[step.node]; }

    void node(const QuantizedStep& step) {
        const Node& node = node_of(step);
        Tensors inputs;
        for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Tensor() : number(id));
        const Tensors outputs = run_node(model_.graph_, node, inputs, samples_);
        for (std::size_t k = 0; k < outputs.size(); ++k)
            if (node.outputs[k] != kNoValue) numbers_[index(node.outputs[k])] = outputs[k];
    }

    const QuantizedModel& model_;
    std::int64_t samples_;
    Tensors bytes_, numbers_;
};

void QuantizedModel::check_input(const Tensor& input) const {
    const Value& value = graph_.value(graph_.input);
    TERN_CHECK(
        input.rank() >= 1 && input.dtype() == value.dtype && input.shape() == value.shape(input.dim(0)),
        kWhere, "the input must be ", value.dtype, ' ', value.shape(input.rank() >= 1 ? input.dim(0) : 1),
        ", got ", input);
}

Features QuantizedModel::forward(Features input) {
    const Tensor& images = input;
    check_input(images);
    return Run(*this, images).output();
}

}  // namespace tern
