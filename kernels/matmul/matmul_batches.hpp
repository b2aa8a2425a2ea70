// Which matrices a batched product multiplies.
#pragma once

#include "tern/kernels/matmul/matmul_passes.hpp"
#include "tern/kernels/shared/loop_nest.hpp"

namespace tern::matmul_passes {

/// A loop for each leading dimension of c, with the offsets of the matrices of a, b and c in elements: 0 steps
/// where broadcasting repeats one. No loop for three matrices.
inline LoopNest<3> batches_of(const Forward& pass) {
    const Shape batch = leading_shape(pass.c.shape());
    const auto strides_of = [&](const Tensor& tensor) {
        auto strides = broadcast_strides(leading_shape(tensor.shape()), batch);
        for (std::int64_t& stride : strides) stride *= tensor.dim(-2) * tensor.dim(-1);
        return strides;
    };
    const auto a = strides_of(pass.a), b = strides_of(pass.b), c = strides_of(pass.c);
    LoopNest<3> nest;
    for (int d = 0; d < batch.rank(); ++d) nest.add(batch[d], {a[d], b[d], c[d]});
    return nest;
}

}  // namespace tern::matmul_passes
