#include "tern/kernels/normalize/normalize.hpp"

#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern {
using namespace normalize_passes;

const Op& normalize_op() {
    static const Op op{"normalize",
                       {pass_of<Forward, Cuda, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<BackwardReduce, Cuda, Cpu, Ref>(), pass_of<BackwardInput, Cuda, Cpu, Ref>()}};
    return op;
}

void check_normalize(const char* where, const Tensor& input, const Tensor& gamma, const Tensor& beta,
                     const NormalizeParams& params, const Tensor& residual) {
    check_rows(where, input);
    check_channel_vector(where, "gamma", gamma, input);
    check_channel_vector(where, "beta", beta, input);
    if (residual) check_same_kind(where, "the residual", residual, input);
    TERN_CHECK(params.epsilon >= 0, where, "epsilon must not be negative, got ", params.epsilon);
}

Tensor normalize(const Tensor& input, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                 const Tensor& beta, const NormalizeParams& params, const Tensor& residual) {
    check_normalize("normalize", input, gamma, beta, params, residual);
    check_channel_vector("normalize", "mean", mean, input);
    check_channel_vector("normalize", "variance", variance, input);
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const Forward pass{.params = params,
                       .x = input,
                       .mean = mean,
                       .variance = variance,
                       .gamma = gamma,
                       .beta = beta,
                       .residual = residual,
                       .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
