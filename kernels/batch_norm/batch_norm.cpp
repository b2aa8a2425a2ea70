#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/kernels/batch_norm/batch_norm_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern {
using namespace batch_norm_passes;

const Op& batch_norm_op() {
    static const Op op{"batch_norm",
                       {pass_of<Forward, Cuda, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<Backward, Cuda, Partial<Cudnn>, Cpu, Ref>()}};
    return op;
}

BatchNormResult batch_norm(const Tensor& input, const Tensor& gamma, const Tensor& beta,
                           const NormalizeParams& params, const Tensor& residual) {
    check_normalize("batch_norm", input, gamma, beta, params, residual);
    TERN_CHECK(rows_of(input.shape()) > 0, "batch_norm", "at least one row is needed, the input is ",
               input.shape());
    const auto like_gamma = [&] { return Tensor::empty(gamma.shape(), gamma.dtype(), gamma.device()); };
    const BatchNormResult result{Tensor::empty(input.shape(), input.dtype(), input.device()), like_gamma(),
                                 like_gamma()};
    const Forward pass{.params = params,
                       .x = input,
                       .gamma = gamma,
                       .beta = beta,
                       .residual = residual,
                       .y = result.output,
                       .mean = result.mean,
                       .variance = result.variance};
    run_pass(pass);
    record_grad(pass);
    return result;
}

}  // namespace tern
