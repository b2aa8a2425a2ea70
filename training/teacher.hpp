// A trained network whose answers another one learns.
#pragma once

#include <memory>

#include "tern/layers/module.hpp"
#include "tern/training/inference.hpp"

namespace tern {

struct TeacherOptions {
    double weight = 0.9;       // of the teacher in the loss, in [0, 1]
    double temperature = 4.0;  // above 0
};

/// Distillation (Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015). With the logits t of
/// the teacher and x of the student, (N, K), w the weight and T the temperature, p = softmax(t / T) and
/// q = softmax(x / T), the loss becomes
///   (1 - w) loss + w T^2 / N sum over n, k of p[n,k] (log p[n,k] - log q[n,k])
/// where T^2 makes up for the gradient of the sum, which falls as 1 / T^2. The teacher sees the batch that the student
/// sees, augmented as it is, in evaluation mode, and learns nothing.
class Teacher {
  public:
    /// Puts `model`, which must be on the device of the batches, into evaluation mode; its batch norms may be folded.
    /// Throws Error for options out of their range.
    explicit Teacher(std::unique_ptr<Module> model, const TeacherOptions& options = {});

    /// The sum above: loss: a scalar; output: the student's logits (N, K); input: what they are of. Differentiable in
    /// the first two. One thread at a time may call it.
    Tensor distill(const Tensor& loss, const Tensor& output, const Tensor& input);

  private:
    std::unique_ptr<Module> model_;
    Inference inference_;
    TeacherOptions options_;
};

}  // namespace tern
