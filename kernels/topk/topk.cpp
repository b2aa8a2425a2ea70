#include "tern/kernels/topk/topk.hpp"

#include "tern/kernels/shared/checks.hpp"
#include "tern/kernels/topk/topk_passes.hpp"

namespace tern {
using namespace topk_passes;

const Op& topk_op() {
    static const Op op{"topk", {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

TopkResult topk(const Tensor& input, std::int64_t k, int axis) {
    check_defined("topk", {{"the input", input}});
    const TopkParams params{k, axis_from_first("topk", axis, input.shape())};
    TERN_CHECK(k >= 0 && k <= input.dim(params.axis), "topk", "k must be from 0 to ", input.dim(params.axis),
               ", the extent of axis ", axis, " of ", input.shape(), ", got ", k);
    const Shape shape = input.shape().with(params.axis, k);
    const TopkResult result{Tensor::empty(shape, input.dtype(), input.device()),
                            Tensor::empty(shape, DType::int64, input.device())};
    const Forward pass{.params = params, .x = input, .values = result.values, .indices = result.indices};
    run_pass(pass);
    record_grad(pass);
    return result;
}

}  // namespace tern
