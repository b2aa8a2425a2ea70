// Dropout (Srivastava et al. 2014).
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// In training every element becomes zero with `probability`, the others are multiplied by 1 / (1 -
/// probability); in evaluation nothing happens. The choice follows from (seed, step(), element) alone: give
/// the dropouts of one model different seeds.
class Dropout : public Module {
  public:
    /// Throws Error unless 0 <= probability < 1.
    Dropout(double probability, std::uint64_t seed);

    std::string type() const override { return "Dropout"; }

  protected:
    Features forward(Features input) override;

  private:
    double probability_;
    std::uint64_t seed_;
};

}  // namespace tern
