#include "tern/layers/quantized/quantized_graph.hpp"

#include <algorithm>
#include <utility>

#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary_passes.hpp"
#include "tern/kernels/quantize/quantize_passes.hpp"

namespace tern {
namespace {

using Kind = QuantizedStep::Kind;

Tensor times_rows(const Tensor& whole, const Tensor& scale) {
    std::vector<std::int64_t> extents(static_cast<std::size_t>(whole.rank()), 1);
    extents[0] = scale.numel();
    return cast(whole, DType::float32) * scale.reshape(Shape(extents));
}

class Writer {
  public:
    explicit Writer(const QuantizedModel& model)
        : model_(model),
          from_(model.graph()),
          numbers_(from_.values.size(), kNoValue),
          rounded_(from_.values.size(), kNoValue) {}

    Graph graph() {
        to_.input = numbers_[index(from_.input)] = add(from_.value(from_.input));
        for (const QuantizedStep& step : model_.steps()) {
            if (step.weights.empty())
                add_copy(step);
            else
                add_products(step);
            if (step.gives_bytes) numbers_[index(step.output)] = rounded(step.output);
        }
        to_.output = number(from_.output);
        return std::move(to_);
    }

  private:
    ValueId add(Value value) {
        to_.values.push_back(std::move(value));
        return static_cast<ValueId>(to_.values.size()) - 1;
    }
    ValueId add_like(ValueId id, DType dtype = DType::float32) {
        return add({.extents = from_.value(id).extents, .dtype = dtype});
    }
    template <class P>
    void add_node(const ParamsOf<P>& params, std::vector<ValueId> inputs, ValueId output) {
        to_.nodes.push_back({&info_of<P>(), params, {}, module_, std::move(inputs), {output}});
    }
    void add_copy(const Node& node, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
        to_.nodes.push_back(
            {node.pass, node.params, node.rows, node.module, std::move(inputs), std::move(outputs)});
        module_ = node.module;
    }

    // What operations in float32 read.
    ValueId number(ValueId id) {
        ValueId& number = numbers_[index(id)];
        if (number == kNoValue) number = add(from_.value(id));  // a constant
        return number;
    }

    // What operations of bytes read.
    ValueId rounded(ValueId id) {
        ValueId& rounded = rounded_[index(id)];
        if (rounded == kNoValue) rounded = rounded_from(number(id), id);
        return rounded;
    }
    ValueId rounded_from(ValueId number, ValueId id) {
        const Quantization quantization = model_.quantization(id);
        const ValueId bytes = add_like(id, DType::uint8), result = add_like(id);
        add_node<quantize_passes::Forward>(quantization, {number}, bytes);
        add_node<quantize_passes::Inverse>(quantization, {bytes}, result);
        return result;
    }

    ValueId constant(const std::string& name, const Tensor& whole, const Tensor& scale) {
        Extents extents;
        for (const std::int64_t count : whole.shape()) extents.push_back({count});
        return add({.extents = extents,
                    .name = name,
                    .constant = times_rows(whole, scale),
                    .whole = whole,
                    .row_scale = scale});
    }

    // One convolution or two, and what follows them but a ReLU.
    void add_products(const QuantizedStep& step) {
        ValueId read = step.input, x = rounded(read);
        for (const QuantizedStep::Weights& weights : step.weights) {
            if (read != step.input) x = rounded_from(x, read);
            const QuantizedModel::Layer& layer = model_.layer(weights.name);
            const Tensor sum_scale = model_.multiplier(layer, model_.quantization(read).scale, 1);
            const ValueId weight = constant(weights.name + ".weight", layer.weight, layer.weight_scale),
                          bias = constant(weights.name + ".bias", layer.bias, sum_scale);
            const Node& node = reader_of(weights.weight);
            const ValueId y = add(from_.value(node.outputs[0]));
            add_copy(node, {x, weight, bias}, {y});
            read = weights.output;
            x = y;
        }
        if (step.residual != kNoValue) {
            const ValueId sum = add_like(step.output);
            add_node<elementwise_binary_passes::Forward>({BinaryKind::add}, {x, rounded(step.residual)}, sum);
            x = sum;
        }
        numbers_[index(step.output)] = x;
    }

    const Node& reader_of(ValueId weight) const {
        return *std::ranges::find_if(
            from_.nodes, [=](const Node& node) { return std::ranges::count(node.inputs, weight) > 0; });
    }

    // Any other operation, of bytes or not.
    void add_copy(const QuantizedStep& step) {
        const Node& node = from_.nodes[step.node];
        std::vector<ValueId> inputs, outputs;
        for (const ValueId id : node.inputs)
            inputs.push_back(id == kNoValue ? id : step.kind == Kind::node ? number(id) : rounded(id));
        for (const ValueId id : node.outputs)
            outputs.push_back(id == kNoValue ? id : numbers_[index(id)] = add(from_.value(id)));
        add_copy(node, std::move(inputs), std::move(outputs));
    }

    const QuantizedModel& model_;
    const Graph& from_;
    Graph to_;
    std::vector<ValueId> numbers_, rounded_;  // of values of from_: those of to_
    std::string module_;                      // of what is added
};

}  // namespace

Graph quantized_graph(const QuantizedModel& model) { return Writer(model).graph(); }

}  // namespace tern
