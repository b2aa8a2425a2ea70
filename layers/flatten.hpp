// Images to vectors.
#pragma once

#include "tern/layers/module.hpp"

namespace tern {

/// (N, H, W, C) -> (N, C H W), in the order C, H, W, so that the weights of a Linear after it agree with
/// PyTorch's. (N, C) stays.
class Flatten : public Module {
  public:
    std::string type() const override { return "Flatten"; }

  protected:
    Features forward(Features input) override;
};

}  // namespace tern
