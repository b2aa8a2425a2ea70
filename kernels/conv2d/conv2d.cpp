#include "tern/kernels/conv2d/conv2d.hpp"

#include "tern/kernels/conv2d/conv2d_passes.hpp"
#include "tern/kernels/gemm/tensor_cores.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace conv2d_passes {
namespace {

// Measured on an H100 (docs/results/2026-11-25-h100.md), 3x3, float32: ours take 0.30 to 0.97 of cuDNN's
// time. 16-bit types: of cuDNN's time our `cuda` takes 0.5 to 1.2 from 3 to 32 channels, but 1.1 to 2.3 from
// 32 to 64.
bool cudnn_is_preferred(const Conv2dParams& params, const Tensor& w, std::string* why_not) {
    constexpr std::int64_t kFewest = 32 * 64;
    if (w.dtype() == DType::float32) return refuse(why_not, "in float32 tern's kernels are faster");
    const std::int64_t products = w.dim(0) / params.groups * w.dim(1);
    return products >= kFewest || refuse(why_not, "tern's kernels are faster below ", kFewest,
                                         " products of channels and outputs, got ", products);
}

}  // namespace

bool preferred_when(Cudnn, const Forward& pass, std::string* why_not) {
    return cudnn_is_preferred(pass.params, pass.w, why_not);
}
bool preferred_when(Cudnn, const BackwardInput& pass, std::string* why_not) {
    return cudnn_is_preferred(pass.params, pass.w, why_not);
}
bool preferred_when(Cudnn, const BackwardWeight& pass, std::string* why_not) {
    return cudnn_is_preferred(pass.params, pass.dw, why_not);
}

bool preferred_when(CudaMma, const Forward&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}
bool preferred_when(CudaMma, const BackwardInput&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}
bool preferred_when(CudaMma, const BackwardWeight&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}

}  // namespace conv2d_passes

using namespace conv2d_passes;

namespace {

template <class P>
Pass product_of() {
    return pass_of<P, PreferredWhen<Partial<Cudnn>>, PreferredWhen<Partial<CudaMma>>, Partial<Cuda>,
                   PreferredWhen<Partial<CpuWinograd>>, Cpu, Ref>();
}

}  // namespace

const Op& conv2d_op() {
    static const Op op{"conv2d",
                       {product_of<Forward>(), product_of<BackwardInput>(), product_of<BackwardWeight>(),
                        pass_of<BackwardBias, Partial<Cuda>, Cpu, Ref>()}};
    return op;
}

Shape conv2d_output_shape(const Shape& input, const Shape& weight, const Window2d& window,
                          std::int64_t groups) {
    const char* const where = "conv2d";
    const std::string arguments = to_text(" (input ", input, ", weight ", weight, ", groups ", groups, ")");
    TERN_CHECK(input.rank() == 4, where, "the input must be (N, H, W, C), got ", input);
    TERN_CHECK(weight.rank() == 4, where, "weight must be (O, I/groups, KH, KW), got ", weight);
    TERN_CHECK(groups >= 1, where, "groups must be at least 1, got ", groups);
    TERN_CHECK(input[3] % groups == 0, where, "groups must divide the ", input[3], " channels", arguments);
    TERN_CHECK(weight[0] % groups == 0, where, "groups must divide the ", weight[0], " outputs", arguments);
    TERN_CHECK(weight[1] == input[3] / groups, where, "weight has ", weight[1], " input channels, expected ",
               input[3] / groups, " = channels / groups", arguments);
    TERN_CHECK(weight[2] == window.kernel_h && weight[3] == window.kernel_w, where, "weight is ", weight,
               ", but the window has ", window);
    return window_output_shape(where, input, window, weight[0]);
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, const Window2d& window,
              std::int64_t groups) {
    check_defined("conv2d", {{"the input", input}, {"weight", weight}});
    const Shape shape = conv2d_output_shape(input.shape(), weight.shape(), window, groups);
    check_bias("conv2d", bias, "O", weight.dim(0));
    check_one_type("conv2d", "input, weight and bias", {input, weight, bias});
    const Conv2dParams params{window, groups};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .w = weight, .bias = bias, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
