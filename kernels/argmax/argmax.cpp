#include "tern/kernels/argmax/argmax.hpp"

#include "tern/kernels/argmax/argmax_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace argmax_passes;

const Op& argmax_op() {
    static const Op op{"argmax", {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>()}};
    return op;
}

Tensor argmax(const Tensor& input, int axis) {
    check_defined("argmax", {{"the input", input}});
    const ArgmaxParams params{axis_from_first("argmax", axis, input.shape())};
    TERN_CHECK(input.dim(params.axis) > 0, "argmax", "there is none of no elements (input ", input.shape(),
               ", axis ", axis, ')');
    std::vector<std::int64_t> extents(input.shape().extents().begin(), input.shape().extents().end());
    extents.erase(extents.begin() + params.axis);
    const Tensor output = Tensor::empty(Shape(extents), DType::int64, input.device());
    run_pass(Forward{.params = params, .x = input, .y = output});
    return output;
}

}  // namespace tern
