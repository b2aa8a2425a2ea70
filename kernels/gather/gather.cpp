#include "tern/kernels/gather/gather.hpp"

#include "tern/kernels/gather/gather_passes.hpp"
#include "tern/kernels/pad/pad.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace gather_passes;

const Op& gather_op() {
    static const Op op{
        "gather",
        {pass_of<Forward, Partial<Cuda>, Total<Cpu>, Ref>(), pass_of<Backward, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

namespace {

// The part of the input that an index of this shape reaches: where it is narrower, what is beyond is left out.
Tensor reached(const Tensor& input, const Shape& index, int axis) {
    std::vector<std::pair<std::int64_t, std::int64_t>> borders(static_cast<std::size_t>(input.rank()));
    for (int d = 0; d < input.rank(); ++d)
        if (d != axis) borders[static_cast<std::size_t>(d)].second = input.dim(d) - index[d];
    return input.shape().with(axis, 0) == index.with(axis, 0) ? input : crop(input, borders);
}

}  // namespace

Tensor gather(const Tensor& input, int axis, const Tensor& index) {
    const char* const where = "gather";
    check_defined(where, {{"the input", input}, {"the index", index}});
    const GatherParams params{axis_from_first(where, axis, input.shape())};
    TERN_CHECK(index.dtype() == DType::int32 || index.dtype() == DType::int64, where,
               "the index must be int32 or int64, got ", index);
    bool fits = index.rank() == input.rank();
    for (int d = 0; fits && d < index.rank(); ++d) fits = d == params.axis || index.dim(d) <= input.dim(d);
    TERN_CHECK(fits, where, "the index must have the input's rank, and beside axis ", axis,
               " at most its extents, got ", index.shape(), " for ", input.shape());
    check_index(where, input, index, input.dim(params.axis));
    const Tensor x = reached(input, index.shape(), params.axis);
    const Tensor output = Tensor::empty(index.shape(), input.dtype(), input.device());
    const Forward pass{.params = params, .x = x, .index = index, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
