#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace normalize_max_pool2d_passes;

const Op& normalize_max_pool2d_op() {
    static const Op op{"normalize_max_pool2d",
                       {pass_of<Forward, Partial<Cuda>, ReplacesParts<Cpu>, Ref>(),
                        pass_of<Backward, Partial<Cuda>, ReplacesParts<Cpu>, Ref>()}};
    return op;
}

bool runs_normalize_max_pool2d(const Tensor& input, const DeferredNormalize& norm) {
    return norm && !norm.residual && runs_fused(normalize_max_pool2d_op(), input.device().type);
}

Tensor normalize_max_pool2d(const Tensor& input, const DeferredNormalize& norm, const Window2d& window) {
    const char* const where = "normalize_max_pool2d";
    check_defined(where, {{"the input", input}});
    const Shape shape = window_output_shape(where, input.shape(), window, input.dim(-1));
    TERN_CHECK(norm, where, "there is no normalisation; max_pool2d needs none");
    TERN_CHECK(!norm.residual, where, "the normalisation must not have a residual");
    check_normalize(where, input, norm.gamma, norm.beta, norm.params, {});
    check_channel_vector(where, "mean", norm.mean, input);
    check_channel_vector(where, "variance", norm.variance, input);
    const NormalizeMaxPool2dParams params{norm.params, window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.params = params,
                       .x = input,
                       .mean = norm.mean,
                       .variance = norm.variance,
                       .gamma = norm.gamma,
                       .beta = norm.beta,
                       .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
