// Evaluation mode for a while, or for one run.
#pragma once

#include <utility>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

/// Puts a model into evaluation mode, and at the end of the scope every module back into the mode that it was
/// in: one that is frozen in evaluation mode stays so.
class EvaluationScope {
  public:
    explicit EvaluationScope(Module& model);
    ~EvaluationScope();
    EvaluationScope(const EvaluationScope&) = delete;
    EvaluationScope& operator=(const EvaluationScope&) = delete;

  private:
    std::vector<std::pair<Module*, bool>> modes_;
};

/// An input for the model: zeros of that shape, in its own dtype and on its device.
Tensor zeros_for(const Module& model, const Shape& input);

/// Runs the model once in evaluation mode, unrecorded; it is as before afterwards.
Tensor evaluated(Module& model, const Tensor& input);

/// The same on zeros_for() it.
Tensor output_of_zeros(Module& model, const Shape& input);

}  // namespace tern
