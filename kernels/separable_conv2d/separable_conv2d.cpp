#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"

#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace {

void check(const Tensor& input, const DeferredNormalize& norm, const Tensor& depthwise,
           const Tensor& pointwise, const Tensor& bias) {
    const char* const where = "separable_conv2d";
    check_defined(
        where,
        {{"the input", input}, {"the depthwise weight", depthwise}, {"the pointwise weight", pointwise}});
    window_output_shape(where, input.shape(), kSeparableWindow, input.dim(-1));
    const std::int64_t channels = input.dim(3);
    TERN_CHECK((depthwise.shape() == Shape{channels, 1, 3, 3}), where, "the depthwise weight is ",
               depthwise.shape(), ", expected (C, 1, 3, 3) = ", Shape{channels, 1, 3, 3}, " (input ",
               input.shape(), ")");
    TERN_CHECK(pointwise.rank() == 2 && pointwise.dim(1) == channels, where, "the pointwise weight is ",
               pointwise.shape(), ", expected (O, C) with C = ", channels, " (input ", input.shape(), ")");
    check_bias(where, bias, "O", pointwise.dim(0));
    check_one_type(where, "input, weights and bias", {input, depthwise, pointwise, bias});
    TERN_CHECK(norm || !norm.residual, where, "a residual needs a normalisation");
    if (!norm) return;
    check_normalize(where, input, norm.gamma, norm.beta, norm.params, norm.residual);
    check_channel_vector(where, "mean", norm.mean, input);
    check_channel_vector(where, "variance", norm.variance, input);
}

}  // namespace

using namespace separable_conv2d_passes;

const Op& separable_conv2d_op() {
    static const Op op{
        "separable_conv2d",
        {pass_of<Forward, Partial<CudaMma>, Partial<Cuda>, CpuBf16, ReplacesParts<Cpu>, Ref>(),
         pass_of<Backward, Partial<CudaMma>, Partial<Cuda>, CpuBf16, ReplacesParts<Cpu>, Ref>()}};
    return op;
}

bool runs_separable_conv2d(const Tensor& input, const Window2d& window) {
    return window == kSeparableWindow && runs_fused(separable_conv2d_op(), input.device().type);
}

SeparableConv2dResult separable_conv2d(const Tensor& input, const DeferredNormalize& norm,
                                       const Tensor& depthwise, const Tensor& pointwise, const Tensor& bias,
                                       const SeparableConv2dKeeps& keep) {
    check(input, norm, depthwise, pointwise, bias);
    const Shape shape = input.shape().with(-1, pointwise.dim(0));
    TERN_CHECK(!keep.moments || rows_of(shape) > 0, "separable_conv2d",
               "mean and variance need at least one row, the input is ", input.shape());
    TERN_CHECK(!keep.input || norm, "separable_conv2d", "an input that is not normalised is not kept");
    SeparableConv2dResult result{Tensor::empty(shape, input.dtype(), input.device()), {}, {}};
    if (keep.input) result.input = Tensor::empty(input.shape(), input.dtype(), input.device());
    if (keep.moments) {
        for (Tensor* moment : {&result.moments.mean, &result.moments.variance})
            *moment = Tensor::empty({shape[3]}, compute_dtype(input.dtype()), input.device());
    }
    const SeparableConv2dParams params{norm.params};
    const Forward pass{.params = params,
                       .x = input,
                       .mean = norm.mean,
                       .variance = norm.variance,
                       .gamma = norm.gamma,
                       .beta = norm.beta,
                       .depthwise = depthwise,
                       .pointwise = pointwise,
                       .bias = bias,
                       .residual = norm.residual,
                       .y = result.output,
                       .y_mean = result.moments.mean,
                       .y_variance = result.moments.variance,
                       .a = result.input};
    run_pass(pass);
    record_grad(pass);
    return result;
}

}  // namespace tern
