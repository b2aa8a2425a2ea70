#include "tern/kernels/conv2d/conv2d.hpp"

#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/product_flops.hpp"

namespace tern {
namespace conv2d_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_input_ref(const Problem& problem, const Stream& stream);
void backward_weight_ref(const Problem& problem, const Stream& stream);
void backward_bias_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_input_cpu(const Problem& problem, const Stream& stream);
void backward_weight_cpu(const Problem& problem, const Stream& stream);
void backward_bias_cpu(const Problem& problem, const Stream& stream);
void forward_cpu_winograd(const Problem& problem, const Stream& stream);
void backward_input_cpu_winograd(const Problem& problem, const Stream& stream);
void backward_weight_cpu_winograd(const Problem& problem, const Stream& stream);
bool accepts_cpu_winograd(const Problem& problem, std::string* why_not);
bool cpu_winograd_is_faster(const Problem& problem, std::string* why_not);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_input_cuda(const Problem& problem, const Stream& stream);
void backward_weight_cuda(const Problem& problem, const Stream& stream);
void backward_bias_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void forward_cuda_mma(const Problem& problem, const Stream& stream);
void backward_input_cuda_mma(const Problem& problem, const Stream& stream);
void backward_weight_cuda_mma(const Problem& problem, const Stream& stream);
bool accepts_cuda_mma(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& output,
                 const Conv2dParams& params);

namespace {

// Measured on an H100 (docs/results/2026-11-25-h100.md), 3x3, float32: ours take 0.30 to 0.97 of cuDNN's
// time. 16-bit types: cuDNN takes 1.3 to 1.7 times ours from 3 to 32 channels, but 0.5 to 0.9 from 64 to 64,
// and 0.1 to 0.3 from 128 to 128.
bool cudnn_is_faster(const Problem& problem, std::string* why_not) {
    constexpr std::int64_t kFewest = 64 * 64;
    if (problem.dtype() == DType::float32) return refuse(why_not, "in float32 tern's kernels are faster");
    const bool weight_is_result = problem.pass.name == std::string_view("backward_weight");
    const Tensor& w = weight_is_result ? problem.outputs[0] : problem.inputs[1];
    const std::int64_t products = w.dim(0) / problem.params<Conv2dParams>().groups * w.dim(1);
    return products >= kFewest || refuse(why_not, "tern's kernels are faster below ", kFewest,
                                         " products of channels and outputs, got ", products);
}

}  // namespace
}  // namespace conv2d_passes

using namespace conv2d_passes;

const Op& conv2d_op() {
    using enum Backend;
    const auto products = [](auto on_tensor_cores, auto ours, auto by_winograd, auto cpu_version,
                             auto reference) {
        return std::vector<Implementation>{
            {cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn), cudnn_is_faster},
            {cuda_mma, on_tensor_cores, TERN_IF_CUDA(accepts_cuda_mma)},
            {cuda, ours, TERN_IF_CUDA(accepts_cuda)},
            {cpu_winograd, by_winograd, accepts_cpu_winograd, cpu_winograd_is_faster},
            {cpu, cpu_version, accepts_float32},
            {ref, reference}};
    };
    static const Op op{"conv2d",
                       {{"conv2d",
                         "forward",
                         {"x", "w", "bias"},
                         {"y"},
                         products(TERN_IF_CUDA(forward_cuda_mma), TERN_IF_CUDA(forward_cuda),
                                  forward_cpu_winograd, forward_cpu, forward_ref),
                         product_forward_flops},
                        {"conv2d",
                         "backward_input",
                         {"dy", "w"},
                         {"dx"},
                         products(TERN_IF_CUDA(backward_input_cuda_mma), TERN_IF_CUDA(backward_input_cuda),
                                  backward_input_cpu_winograd, backward_input_cpu, backward_input_ref),
                         product_backward_input_flops},
                        {"conv2d",
                         "backward_weight",
                         {"x", "dy"},
                         {"dw"},
                         products(TERN_IF_CUDA(backward_weight_cuda_mma), TERN_IF_CUDA(backward_weight_cuda),
                                  backward_weight_cpu_winograd, backward_weight_cpu, backward_weight_ref),
                         product_backward_weight_flops},
                        {"conv2d",
                         "backward_bias",
                         {"dy"},
                         {"dbias"},
                         {{cuda, TERN_IF_CUDA(backward_bias_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {cpu, backward_bias_cpu, accepts_float32},
                          {ref, backward_bias_ref}},
                         flops_per_input<1>}}};
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
    const Shape shape = conv2d_output_shape(input.shape(), weight.shape(), window, groups);
    TERN_CHECK(!bias || bias.shape() == Shape{weight.dim(0)}, "conv2d", "bias is ", bias.shape(),
               ", expected (O) = ", Shape{weight.dim(0)});
    for (const Tensor& other : {weight, bias}) {
        if (!other) continue;
        TERN_CHECK(input.dtype() == other.dtype() && is_floating(input.dtype()), "conv2d",
                   "input, weight and bias must be of one floating-point type, got ", input.dtype(), " and ",
                   other.dtype());
        TERN_CHECK(input.device() == other.device(), "conv2d", "input on ", input.device(),
                   ", weight or bias on ", other.device());
    }
    const Conv2dParams params{window, groups};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    static const Pass& forward = conv2d_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input, weight, bias}, {output});
    record_grad(input, weight, bias, output, params);
    return output;
}

}  // namespace tern
