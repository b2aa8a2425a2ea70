#include "tern/kernels/concat/concat.hpp"

#include "tern/kernels/concat/concat_passes.hpp"
#include "tern/kernels/shared/axis.hpp"
#include "tern/kernels/shared/checks.hpp"

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

void check_all_defined(const char* where, const Tensors& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
        TERN_CHECK(inputs[i].defined(), where, "tensor ", i, " is an undefined tensor");
}

ConcatParams checked(const Tensors& inputs, int axis) {
    TERN_CHECK(!inputs.empty(), kWhere, "at least one tensor is needed");
    check_all_defined(kWhere, inputs);
    const Tensor& first = inputs[0];
    const int from_0 = axis_from_first(kWhere, axis, first.shape());
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

Tensor stack(const Tensors& inputs, int axis) {
    TERN_CHECK(!inputs.empty(), "stack", "at least one tensor is needed");
    check_all_defined("stack", inputs);
    const Shape& shape = inputs[0].shape();
    const int from_0 = axis < 0 ? axis + shape.rank() + 1 : axis;
    TERN_CHECK(from_0 >= 0 && from_0 <= shape.rank(), "stack", "axis ", axis, " of shape ", shape);
    std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
    extents.insert(extents.begin() + from_0, 1);
    Tensors pieces;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        TERN_CHECK(inputs[i].shape() == shape && inputs[i].dtype() == inputs[0].dtype() &&
                       inputs[i].device() == inputs[0].device(),
                   "stack", "tensor ", i, " is ", inputs[i], ", tensor 0 ", inputs[0],
                   ": all must be of one shape, type and device");
        pieces.push_back(inputs[i].reshape(Shape(extents)));
    }
    return concat(pieces, from_0);
}

}  // namespace tern
