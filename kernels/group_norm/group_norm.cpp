#include "tern/kernels/group_norm/group_norm.hpp"

#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
using namespace group_norm_passes;

const Op& group_norm_op() {
    static const Op op{"group_norm",
                       {pass_of<Forward, Cuda, Cpu, Ref>(), pass_of<Backward, Cuda, Cpu, Ref>()}};
    return op;
}

Tensor group_norm(const Tensor& input, const Tensor& gamma, const Tensor& beta,
                  const GroupNormParams& params) {
    const char* const where = "group_norm";
    check_defined(where, {{"the input", input}});
    TERN_CHECK(input.rank() >= 2 && is_floating(input.dtype()), where,
               "the input must be (N, ..., C) of a floating-point type, got ", input);
    TERN_CHECK(input.numel() > 0 || input.dim(0) == 0, where,
               "an image needs at least one number, the input is ", input.shape());
    TERN_CHECK(params.groups >= 1 && input.dim(-1) % params.groups == 0, where,
               "groups must be at least 1 and divide the channels, got ", params.groups, " groups of ",
               input.dim(-1), " channels");
    TERN_CHECK(params.epsilon >= 0, where, "epsilon must be at least 0, got ", params.epsilon);
    check_channel_vector(where, "gamma", gamma, input);
    check_channel_vector(where, "beta", beta, input);
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const auto per_group = [&] {
        return Tensor::empty({input.dim(0), params.groups}, gamma.dtype(), gamma.device());
    };
    const Tensor mean = per_group(), variance = per_group();
    const Forward pass{.params = params,
                       .x = input,
                       .gamma = gamma,
                       .beta = beta,
                       .y = output,
                       .mean = mean,
                       .variance = variance};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
