#include "tern/kernels/index_select/index_select.hpp"

#include "tern/kernels/index_select/index_select_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace index_select_passes;

const Op& index_select_op() {
    static const Op op{
        "index_select",
        {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>(), pass_of<Backward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Tensor index_select(const Tensor& input, int axis, const Tensor& index) {
    const char* const where = "index_select";
    check_defined(where, {{"the input", input}, {"the index", index}});
    const IndexSelectParams params{axis_from_first(where, axis, input.shape())};
    TERN_CHECK(index.rank() == 1 && (index.dtype() == DType::int32 || index.dtype() == DType::int64), where,
               "the index must be (J) of int32 or int64, got ", index);
    check_index(where, input, index, input.dim(params.axis));
    const Tensor output =
        Tensor::empty(input.shape().with(params.axis, index.numel()), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .index = index, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
