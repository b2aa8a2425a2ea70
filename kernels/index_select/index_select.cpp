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

namespace {

void check_list(const char* where, const Tensor& index) {
    TERN_CHECK(index.rank() == 1 && (index.dtype() == DType::int32 || index.dtype() == DType::int64), where,
               "the index must be (J) of int32 or int64, got ", index);
}

}  // namespace

Tensor index_select(const Tensor& input, int axis, const Tensor& index) {
    const char* const where = "index_select";
    check_defined(where, {{"the input", input}, {"the index", index}});
    const IndexSelectParams params{axis_from_first(where, axis, input.shape())};
    check_list(where, index);
    check_index(where, input, index, input.dim(params.axis));
    const Tensor output =
        Tensor::empty(input.shape().with(params.axis, index.numel()), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .index = index, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor index_sum(const Tensor& values, const Tensor& index, std::int64_t extent) {
    const char* const where = "index_sum";
    check_defined(where, {{"values", values}, {"the index", index}});
    check_list(where, index);
    TERN_CHECK(values.rank() >= 1 && values.dim(0) == index.numel() && is_floating(values.dtype()), where,
               "values must be floating-point, (J, ...) for the ", index.numel(), " of the index, got ",
               values);
    check_index(where, values, index, extent);
    const Tensor sums = Tensor::empty(values.shape().with(0, extent), values.dtype(), values.device());
    run_pass(Backward{.params = {}, .dy = values, .index = index, .dx = sums});
    return sums;
}

}  // namespace tern
