// Dropout: sets elements to zero at random.
#pragma once

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

struct DropoutParams {
    double probability = 0.5;
    RandomStream stream;
};

/// y[i] = x[i] / (1 - probability) where stream.uniform(i) >= probability, else 0: the expected value stays
/// (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014). Of a
/// floating-point type; probability in [0, 1], at 1 all is 0. Differentiable; the mask is drawn again, not
/// saved. Equal streams give equal masks on every device.
Tensor dropout(const Tensor& input, double probability, const RandomStream& stream);

}  // namespace tern
