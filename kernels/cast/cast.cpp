#include "tern/kernels/cast/cast.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace cast_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
bool forward_cpu_accepts(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output);

}  // namespace cast_passes

using namespace cast_passes;

const Op& cast_op() {
    static const Op op{"cast",
                       {{"cast",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, forward_cpu_accepts},
                          {Backend::ref, forward_ref}}}}};
    return op;
}

Tensor cast(const Tensor& input, DType dtype) {
    if (input.dtype() == dtype) return input;
    const Tensor output = Tensor::empty(input.shape(), dtype, input.device());
    static const Pass& forward = cast_op().pass("forward");
    run_pass(forward, ParamsRef(NoParams{}), {input}, {output});
    if (is_floating(input.dtype()) && is_floating(dtype)) record_grad(input, output);
    return output;
}

}  // namespace tern
