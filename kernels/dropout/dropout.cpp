#include "tern/kernels/dropout/dropout.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace dropout_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const DropoutParams& params);

}  // namespace dropout_passes

using namespace dropout_passes;

const Op& dropout_op() {
    // Also the backward pass, with dy for x.
    static const Op op{"dropout",
                       {{"dropout",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         flops_per_output<1>}}};
    return op;
}

Tensor dropout(const Tensor& input, double probability, const RandomStream& stream) {
    TERN_CHECK(is_floating(input.dtype()), "dropout", "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(probability >= 0 && probability <= 1, "dropout", "the probability must be in [0, 1], got ",
               probability);
    const DropoutParams params{probability, stream};
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = dropout_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace tern
