#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d.hpp"

#include "tern/kernels/channels.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace normalize_max_pool2d_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void record_grad(const Tensor& input, const DeferredNormalize& norm, const Tensor& output,
                 const NormalizeMaxPool2dParams& params);

}  // namespace normalize_max_pool2d_passes

using namespace normalize_max_pool2d_passes;

// The arithmetic is normalize's. dx is left out where nobody needs it.
const Op& normalize_max_pool2d_op() {
    static const Op op{"normalize_max_pool2d",
                       {{"normalize_max_pool2d",
                         "forward",
                         {"x", "mean", "variance", "gamma", "beta"},
                         {"y"},
                         {{Backend::cpu, forward_cpu, accepts_float32}, {Backend::ref, forward_ref}},
                         flops_per_input<4>},
                        {"normalize_max_pool2d",
                         "backward",
                         {"x", "mean", "variance", "gamma", "beta", "dy"},
                         {"dx", "dmean", "dvariance", "dgamma", "dbeta"},
                         {{Backend::cpu, backward_cpu, accepts_float32}, {Backend::ref, backward_ref}},
                         flops_per_input<12>}},
                       {DeviceType::cpu}};
    return op;
}

bool runs_normalize_max_pool2d(Device device) {
    return device == Device::cpu() && runs_fused(normalize_max_pool2d_op(), device.type);
}

Tensor normalize_max_pool2d(const Tensor& input, const DeferredNormalize& norm, const Window2d& window) {
    const char* const where = "normalize_max_pool2d";
    const Shape shape = window_output_shape(where, input.shape(), window, input.dim(-1));
    TERN_CHECK(norm, where, "there is no normalisation; max_pool2d needs none");
    TERN_CHECK(!norm.residual, where, "the normalisation must not have a residual");
    check_normalize(where, input, norm.gamma, norm.beta, norm.params, {});
    check_channel_vector(where, "mean", norm.mean, input);
    check_channel_vector(where, "variance", norm.variance, input);
    const NormalizeMaxPool2dParams params{norm.params, window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    static const Pass& forward = normalize_max_pool2d_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input, norm.mean, norm.variance, norm.gamma, norm.beta}, {output});
    record_grad(input, norm, output, params);
    return output;
}

}  // namespace tern
