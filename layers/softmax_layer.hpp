// Softmax as a layer.
#pragma once

#include "tern/kernels/softmax/softmax.hpp"
#include "tern/layers/module.hpp"

namespace tern {

/// (..., K) -> (..., K), over the last dimension. Not before softmax_cross_entropy(), which has its own.
class Softmax : public Module {
  public:
    std::string type() const override { return "Softmax"; }

  protected:
    Features forward(Features input) override { return softmax(input); }
};

}  // namespace tern
