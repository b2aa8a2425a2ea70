#include "tern/kernels/softmax/softmax.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace softmax_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void record_grad(const Tensor& input, const Tensor& output, const SoftmaxParams& params);

}  // namespace softmax_passes

using namespace softmax_passes;

const Op& softmax_op() {
    static const Op op{"softmax",
                       {{"softmax",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cpu, forward_cpu, accepts_float32}, {Backend::ref, forward_ref}}},
                        {"softmax",
                         "backward",
                         {"y", "dy"},
                         {"dx"},
                         {{Backend::cpu, backward_cpu, accepts_float32}, {Backend::ref, backward_ref}}}}};
    return op;
}

namespace {

Tensor run_softmax(const Tensor& input, const SoftmaxParams& params) {
    const char* const where = params.logarithm ? "log_softmax" : "softmax";
    TERN_CHECK(input.rank() >= 1, where, "the input must be (..., K), got a scalar");
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = softmax_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace

Tensor softmax(const Tensor& input) { return run_softmax(input, {false}); }
Tensor log_softmax(const Tensor& input) { return run_softmax(input, {true}); }

}  // namespace tern
