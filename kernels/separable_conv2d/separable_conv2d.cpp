#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"

#include "tern/kernels/channels.hpp"
#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/product_flops.hpp"

namespace tern {
namespace separable_conv2d_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cpu_bf16(const Problem& problem, const Stream& stream);
void backward_cpu_bf16(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const DeferredNormalize& norm, const Tensor& depthwise,
                 const Tensor& pointwise, const Tensor& bias, const SeparableConv2dResult& result);

namespace {

// Of both products; what the backward pass computes again is not counted.
double forward_flops(const Problem& problem) {
    return product_flops(problem.inputs[0], problem.inputs[5]) +
           product_flops(problem.outputs[0], problem.inputs[6]);
}

double backward_flops(const Problem& problem) {
    return 2 * (product_flops(problem.inputs[0], problem.inputs[5]) +
                product_flops(problem.inputs[9], problem.inputs[6]));
}

void check(const Tensor& input, const DeferredNormalize& norm, const Tensor& depthwise,
           const Tensor& pointwise, const Tensor& bias) {
    const char* const where = "separable_conv2d";
    window_output_shape(where, input.shape(), kSeparableWindow, input.dim(-1));
    const std::int64_t channels = input.dim(3);
    TERN_CHECK((depthwise.shape() == Shape{channels, 1, 3, 3}), where, "the depthwise weight is ",
               depthwise.shape(), ", expected (C, 1, 3, 3) = ", Shape{channels, 1, 3, 3}, " (input ",
               input.shape(), ")");
    TERN_CHECK(pointwise.rank() == 2 && pointwise.dim(1) == channels, where, "the pointwise weight is ",
               pointwise.shape(), ", expected (O, C) with C = ", channels, " (input ", input.shape(), ")");
    TERN_CHECK(!bias || (bias.shape() == Shape{pointwise.dim(0)}), where, "bias is ", bias.shape(),
               ", expected (O) = ", Shape{pointwise.dim(0)});
    for (const Tensor& other : {depthwise, pointwise, bias}) {
        if (!other) continue;
        TERN_CHECK(input.dtype() == other.dtype() && is_floating(input.dtype()), where,
                   "input, weights and bias must be of one floating-point type, got ", input.dtype(), " and ",
                   other.dtype());
        TERN_CHECK(input.device() == other.device(), where, "input on ", input.device(),
                   ", weights or bias on ", other.device());
    }
    TERN_CHECK(norm || !norm.residual, where, "a residual needs a normalisation");
    if (!norm) return;
    check_normalize(where, input, norm.gamma, norm.beta, norm.params, norm.residual);
    check_channel_vector(where, "mean", norm.mean, input);
    check_channel_vector(where, "variance", norm.variance, input);
}

}  // namespace
}  // namespace separable_conv2d_passes

using namespace separable_conv2d_passes;

// y and y_mean are read where the moments have gradients, da where a was kept. Outputs that nobody needs are
// left out: the moments; a; dx; dmean to dbeta without a normalisation; dbias; dresidual.
const Op& separable_conv2d_op() {
    static const Op op{
        "separable_conv2d",
        {{"separable_conv2d",
          "forward",
          {"x", "mean", "variance", "gamma", "beta", "depthwise", "pointwise", "bias", "residual"},
          {"y", "y_mean", "y_variance", "a"},
          {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
           {Backend::cpu_bf16, forward_cpu_bf16, accepts_float32},
           {Backend::cpu, forward_cpu, accepts_float32},
           {Backend::ref, forward_ref}},
          forward_flops},
         {"separable_conv2d",
          "backward",
          {"x", "mean", "variance", "gamma", "beta", "depthwise", "pointwise", "y", "y_mean", "dy", "dy_mean",
           "dy_variance", "residual", "da"},
          {"dx", "dmean", "dvariance", "dgamma", "dbeta", "ddepthwise", "dpointwise", "dbias", "dresidual"},
          {{Backend::cuda, TERN_IF_CUDA(backward_cuda), TERN_IF_CUDA(accepts_cuda)},
           {Backend::cpu_bf16, backward_cpu_bf16, accepts_float32},
           {Backend::cpu, backward_cpu, accepts_float32},
           {Backend::ref, backward_ref}},
          backward_flops}},
        {DeviceType::cpu}};
    return op;
}

bool runs_separable_conv2d(Device device) { return runs_fused(separable_conv2d_op(), device.type); }

SeparableConv2dResult separable_conv2d(const Tensor& input, const DeferredNormalize& norm,
                                       const Tensor& depthwise, const Tensor& pointwise, const Tensor& bias,
                                       const SeparableConv2dKeeps& keep) {
    check(input, norm, depthwise, pointwise, bias);
    const Shape shape = input.shape().with(-1, pointwise.dim(0));
    TERN_CHECK(!keep.moments || rows_of(shape) > 0, "separable_conv2d",
               "moments need at least one row, the input is ", input.shape());
    TERN_CHECK(!keep.input || norm, "separable_conv2d", "an input that is not normalised is not kept");
    SeparableConv2dResult result{Tensor::empty(shape, input.dtype(), input.device()), {}, {}};
    if (keep.input) result.input = Tensor::empty(input.shape(), input.dtype(), input.device());
    if (keep.moments) {
        for (Tensor* moment : {&result.moments.mean, &result.moments.variance})
            *moment = Tensor::empty({shape[3]}, compute_dtype(input.dtype()), input.device());
    }
    static const Pass& forward = separable_conv2d_op().pass("forward");
    run_pass(
        forward, ParamsRef(SeparableConv2dParams{norm.params}),
        {input, norm.mean, norm.variance, norm.gamma, norm.beta, depthwise, pointwise, bias, norm.residual},
        {result.output, result.moments.mean, result.moments.variance, result.input});
    record_grad(input, norm, depthwise, pointwise, bias, result);
    return result;
}

}  // namespace tern
