#include "tern/kernels/concat/concat.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace concat_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensors& inputs, const Tensor& output, const ConcatParams& params);

}  // namespace concat_passes

using namespace concat_passes;

const Op& concat_op() {
    // Any number of pieces; in the backward pass those that nobody asks for are undefined.
    static const Op op{"concat",
                       {{"concat",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu},
                          {Backend::ref, forward_ref}}},
                        {"concat",
                         "backward",
                         {"dy"},
                         {"dx"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, backward_cpu},
                          {Backend::ref, backward_ref}}}}};
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
    static const Pass& forward = concat_op().pass("forward");
    run_problem({forward, ParamsRef(params), inputs, std::span(&output, 1)});
    record_grad(inputs, output, params);
    return output;
}

}  // namespace tern
