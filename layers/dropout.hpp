// Dropout (Srivastava et al. 2014).
#pragma once

#include <optional>

#include "tern/layers/module.hpp"

namespace tern {

/// In training every element becomes zero with `probability`, the others are multiplied by 1 / (1 -
/// probability); in evaluation nothing happens. The choice follows from the seed and the DropoutScope, which
/// training needs: Trainer has one, a loop of one's own makes one before it. Throws Error without.
class Dropout : public Module {
  public:
    /// Without a seed it is own_seed(): that of initialize() and the name in the model, so that no two share a
    /// mask. Throws Error unless 0 <= probability < 1.
    explicit Dropout(double probability, std::optional<std::uint64_t> seed = {});

    std::string type() const override { return "Dropout"; }

  protected:
    Features forward(Features input) override;

  private:
    double probability_;
    std::optional<std::uint64_t> seed_;
};

}  // namespace tern
