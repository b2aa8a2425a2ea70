#include "tern/kernels/concat/concat.hpp"

#include "tern/kernels/concat/concat_passes.hpp"

namespace tern {
using namespace concat_passes;

const Op& concat_op() {
    static const Op op{"concat",
                       {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>(),
                        pass_of<Backward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

namespace {

const char* const kWhere = "concat";

ConcatParams checked(const Tensors& inputs, int axis) {
    TERN_CHECK(!inputs.empty(), kWhere, "at least one tensor is needed");
    const Tensor& first = inputs[0];
    const int from_0 = axis < 0 ? axis + first.rank() : axis;
    TERN_CHECK(from_0 >= 0 && from_0 < first.rank(), kWhere, "axis ", axis, " of shape ", first.shape());
    ConcatParams params{from_0, {}};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor& input = inputs[i];
        const bool fits =
            input.rank() == first.rank() && input.shape().with(from_0, 0) == first.shape().with(from_0, 0);
        TERN_CHECK(fits && input.dtype() == first.dtype() && input.device() == first.device(), kWhere,
                   "tensor ", i, " is ", input, ", tensor 0 ", first, ": they may differ in dimension ",
                   from_0, " alone");
        params.extents.push_back(input.dim(from_0));
    }
    return params;
}

}  // namespace

Tensor concat(const Tensors& inputs, int axis) {
    const ConcatParams params = checked(inputs, axis);
    std::int64_t extent = 0;
    for (const std::int64_t piece : params.extents) extent += piece;
    const Tensor output =
        Tensor::empty(inputs[0].shape().with(params.axis, extent), inputs[0].dtype(), inputs[0].device());
    const Forward pass{.params = params, .x = inputs, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
