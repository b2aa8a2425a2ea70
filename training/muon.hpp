// Muon (Jordan et al.: "Muon: an optimizer for hidden layers in neural networks", 2024, kellerjordan.github.io/posts/muon).
#pragma once

#include <vector>

#include "tern/core/memory/step_arena.hpp"
#include "tern/training/optimizer.hpp"

namespace tern {

struct MuonParams {
    double momentum = 0.95;  // Nesterov's
    double auxiliary_rate =
        1e-3;  // of AdamW while the learning rate is the one at the start, and in proportion to it
    AdamParams auxiliary = {.decoupled = true};  // its weight decay is that of the matrices too
};

/// Matrices (R, C) are the weights of linear layers and of convolutions, (O, I / groups KH KW), but for the first and the last
/// weights of the model and depthwise ones (I / groups = 1). For these, with B the momentum's buffer,
///   B = momentum B + G;   X = (1 - momentum) (G + momentum B);   X = X / (|X| + 1e-7)
///   5 times: A = X X^T;   X = 3.4445 X + (-4.7750 A + 2.0315 A A) X
///   W = W - learning_rate (sqrt(max(1, R / C)) X + decay W)
/// in the type of the weights. All else has AdamW. A step takes 5 s^2 (2 l + s) multiply-adds for a matrix whose shorter
/// side is s and whose longer l, whatever the batch.
class Muon : public Optimizer {
  public:
    /// Throws Error for a model without such matrices, a momentum outside (0, 1) and a rate or epsilon of 0.
    Muon(FlatParameters parameters, double learning_rate, const MuonParams& params,
         const Tensor& decay_mask = {});
    NamedTensors state() const override;

  private:
    void update(const Tensor& gradient_factor) override;
    void rate_changed() override;

    MuonParams params_;
    std::vector<FlatParameters::Slice> matrices_;
    double rate_ratio_;  // of AdamW to the matrices
    Tensor buffer_, moment1_, moment2_, step_;
    Tensor direction_;              // of all parameters, as their gradients
    Tensor direction_rate_;         // float64 scalar
    Tensor auxiliary_rate_tensor_;  // float64 scalar
    Tensor is_auxiliary_;           // uint8
    Tensor auxiliary_mask_;         // where AdamW's weight decay acts
    Tensor one_;                    // float32 scalar
    StepArena arena_;
};

}  // namespace tern
