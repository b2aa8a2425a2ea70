// Dropout: sets elements to zero at random.
#pragma once

#include "tern/core/random.hpp"
#include "tern/core/tensor.hpp"

namespace tern {

struct DropoutParams {
    double probability = 0.5;
    RandomStream stream;
    std::uint64_t first = 0;  // number of the stream that the first element draws
};

/// y[i] = x[i] / (1 - probability) where stream.uniform(first + i) >= probability, else 0: the expected value
/// stays (Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014). Of a
/// floating-point type; probability in [0, 1], at 1 all is 0. Differentiable; the mask is drawn again, not
/// saved. Equal streams give equal masks on every device, and a part of a tensor that starts at its element
/// `first` gets that part of the tensor's mask.
Tensor dropout(const Tensor& input, double probability, const RandomStream& stream, std::uint64_t first = 0);

}  // namespace tern
