// Several classifiers that answer together.
#pragma once

#include <memory>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

/// Answers the mean of what its members answer, as probabilities: (N, K), the logarithms of the mean over all members of
/// softmax(logits), which serve wherever logits do. Probabilities below 2^-126 count as that. In float32, of float64
/// members in float64.
class Ensemble : public Module {
  public:
    /// Classifiers of the same classes, in an order of which the last bits of sums depend. Throws Error without any.
    explicit Ensemble(std::vector<std::unique_ptr<Module>> members);

    std::string type() const override { return "Ensemble"; }

  protected:
    Features forward(Features input) override;
};

}  // namespace tern
