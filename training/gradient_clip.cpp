#include "tern/training/gradient_clip.hpp"

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/compare/compare.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/kernels/where/where.hpp"

namespace tern {

Tensor clip_factor(const Tensor& gradients, double largest, const Tensor& factor) {
    const NoGrad no_grad;
    Tensor norm = sqrt(sum(square(gradients)));
    if (factor) norm = norm * cast(factor, norm.dtype());
    const Tensor one = Tensor::full({}, 1, norm.dtype(), norm.device());
    // largest / infinity would be 0, a step that is left out in silence.
    const Tensor clipped = minimum(largest / (norm + 1e-6), one) + norm * 0.0;
    const Tensor result = cast(clipped, DType::float32);
    return factor ? where(greater(factor, 0), factor * result, 0.0) : result;
}

}  // namespace tern
