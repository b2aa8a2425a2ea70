#include "tern/layers/flatten.hpp"

#include "tern/kernels/permute/permute.hpp"

namespace tern {

Features Flatten::forward(Features features) {
    const Tensor& input = features;
    if (input.rank() == 2) return input;
    TERN_CHECK(input.rank() == 4, "Flatten", "the input must be (N, H, W, C) or (N, C), got ", input.shape());
    const Tensor planes = permute(input, {0, 3, 1, 2});
    return planes.reshape(Shape{input.dim(0), input.dim(1) * input.dim(2) * input.dim(3)});
}

}  // namespace tern
