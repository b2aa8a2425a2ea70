// A model whose convolutions and linear layers run in 8 bits.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tern/kernels/quantize/quantize.hpp"
#include "tern/layers/quantized/buffer_group.hpp"
#include "tern/layers/quantized/plan.hpp"

namespace tern {

/// What a graph computes, with convolutions, linear layers and the pools between them in 8 bits: symmetric weights with a
/// scale for each output channel, values with one scale and zero each. Other operations run in float32. Inputs and
/// outputs are float32. It runs on the CPU and is not to be trained.
///
/// What it holds are buffers: of a layer `weight` (int8), `weight_scale` (float32), `bias` (int32, in units of the input's scale times the
/// weight's) and `output_scale`, `output_zero` of what its step gives; `input_scale`, `input_zero` of the model's input; and
/// constants of other operations by their names. They come from quantize_model() or load_state().
class QuantizedModel : public BufferGroup {
  public:
    /// `graph`: of the float32 model, its batch norms folded. What it computes follows from the operations, not from their
    /// constants, which need not have their values yet.
    explicit QuantizedModel(Graph graph);
    ~QuantizedModel() override;

    std::string type() const override { return "QuantizedModel"; }

    const Graph& graph() const { return graph_; }
    const std::vector<QuantizedStep>& steps() const { return steps_; }
    /// The values of the graph that become bytes, each once: those that have a scale and zero of their own.
    std::vector<ValueId> quantized_values() const;
    /// Sets scale and zero of one of them.
    void set(ValueId value, const Quantization& quantization);
    /// Those of one of them, or of a pool's or view's result, which has those of what it reads. Throws Error where the
    /// scale is not above 0.
    Quantization quantization(ValueId value) const;
    /// Throws Error for an input that it cannot take.
    void check_input(const Tensor& input) const;
    /// Sets the weights of a layer, (O, ...), and its bias, (O) or undefined, from float32 ones. The scale of what it reads
    /// must have been set.
    void set(const QuantizedStep& step, std::size_t which, const Tensor& weight, const Tensor& bias);

    struct Layer {
        Tensor weight, weight_scale, bias;
    };
    const Layer& layer(const std::string& name) const { return *layers_.at(name); }
    /// What the sums of a layer's output channels are in steps of its output, float32. Throws Error where a scale is not above 0.
    static Tensor multiplier(const Layer& layer, float input_scale, float output_scale);

  protected:
    Features forward(Features input) override;

  private:
    struct Scale {
        Tensor scale, zero;
    };
    class Run;

    void add_scale(const std::string& group, const std::string& name, ValueId value);
    void add_layer(const QuantizedStep::Weights& weights, bool gives_bytes);
    void add_constants(const Node& node);
    ValueId read_by(const QuantizedStep& step, std::size_t which) const;

    Graph graph_;
    std::vector<QuantizedStep> steps_;
    std::vector<std::size_t> last_read_;  // of each value: the step after which nobody reads it
    std::vector<ValueId> same_scale_;     // of each value: the one whose scale it has
    std::map<ValueId, std::unique_ptr<Scale>> scales_;
    std::map<std::string, std::unique_ptr<Layer>> layers_;
};

}  // namespace tern
