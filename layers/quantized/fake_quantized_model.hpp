// What a model in 8 bits computes, in float32 and to be trained.
#pragma once

#include <map>
#include <vector>

#include "tern/layers/quantized/quantized_model.hpp"

namespace tern {

/// The graph of a QuantizedModel with its weights and values rounded in float32, by fake_quantize(), where the other one has bytes, so
/// that training sees what rounding costs (Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference", CVPR 2018). The scales of weights follow the weights; those of values stay as they are in
/// the QuantizedModel. Both compute the same but for the rounding of sums and biases.
///
/// Parameters are the weights and biases of layers in 8 bits, by the names that the float32 model has for them; batch norms are folded
/// into them. What runs in float32 keeps its weights. It runs on the CPU.
///
///     const std::unique_ptr<tern::QuantizedModel> small = tern::quantize_model(*model, batches);
///     tern::FakeQuantizedModel trained(*small);
///     ... a Trainer, or a loop of one's own, on `trained` ...
///     trained.hand_over();
class FakeQuantizedModel : public BufferGroup {
  public:
    /// `model`: of quantize_model(), from whose float32 weights training starts; it must live longer.
    explicit FakeQuantizedModel(QuantizedModel& model);

    std::string type() const override { return "FakeQuantizedModel"; }

    /// Gives the QuantizedModel the weights as they are now.
    void hand_over() const;

  protected:
    Features forward(Features input) override;

  private:
    class Run;

    QuantizedModel& model_;
    std::map<ValueId, Tensor> weights_, biases_;  // in the place of the graph's
    std::vector<bool> has_scale_;                 // values that become bytes
    std::vector<bool> in_float32_;                // nodes
};

}  // namespace tern
