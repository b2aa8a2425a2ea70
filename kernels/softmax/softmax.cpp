#include "tern/kernels/softmax/softmax.hpp"

#include "tern/kernels/shared/checks.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern {
using namespace softmax_passes;

const Op& softmax_op() {
    static const Op op{"softmax",
                       {pass_of<Forward, Cuda, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<Backward, Cuda, Partial<Cudnn>, Cpu, Ref>()}};
    return op;
}

namespace {

Tensor run_softmax(const Tensor& input, const SoftmaxParams& params) {
    const char* const where = params.logarithm ? "log_softmax" : "softmax";
    check_defined(where, {{"the input", input}});
    TERN_CHECK(input.rank() >= 1, where, "the input must be (..., K), got a scalar");
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace

Tensor softmax(const Tensor& input) { return run_softmax(input, {false}); }
Tensor log_softmax(const Tensor& input) { return run_softmax(input, {true}); }

}  // namespace tern
