#include "tern/kernels/linear/linear.hpp"

#include "tern/kernels/dispatch.hpp"
#include "tern/kernels/product_flops.hpp"

namespace tern {
namespace linear_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_input_ref(const Problem& problem, const Stream& stream);
void backward_weight_ref(const Problem& problem, const Stream& stream);
void backward_bias_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_input_cpu(const Problem& problem, const Stream& stream);
void backward_weight_cpu(const Problem& problem, const Stream& stream);
void backward_bias_cpu(const Problem& problem, const Stream& stream);
void forward_cpu_bf16(const Problem& problem, const Stream& stream);
void backward_input_cpu_bf16(const Problem& problem, const Stream& stream);
void backward_weight_cpu_bf16(const Problem& problem, const Stream& stream);
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
void record_grad(const Tensor& input, const Tensor& weight, const Tensor& bias, const Tensor& output);

}  // namespace linear_passes

using namespace linear_passes;

const Op& linear_op() {
    using enum Backend;
    const auto products = [](auto on_tensor_cores, auto ours, auto in_bfloat16, auto cpu_version,
                             auto reference) {
        return std::vector<Implementation>{{cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
                                           {cuda_mma, on_tensor_cores, TERN_IF_CUDA(accepts_cuda_mma)},
                                           {cuda, ours, TERN_IF_CUDA(accepts_cuda)},
                                           {cpu_bf16, in_bfloat16, accepts_float32},
                                           {cpu, cpu_version, accepts_float32},
                                           {ref, reference}};
    };
    static const Op op{"linear",
                       {{"linear",
                         "forward",
                         {"x", "w", "bias"},
                         {"y"},
                         products(TERN_IF_CUDA(forward_cuda_mma), TERN_IF_CUDA(forward_cuda),
                                  forward_cpu_bf16, forward_cpu, forward_ref),
                         product_forward_flops},
                        {"linear",
                         "backward_input",
                         {"dy", "w"},
                         {"dx"},
                         products(TERN_IF_CUDA(backward_input_cuda_mma), TERN_IF_CUDA(backward_input_cuda),
                                  backward_input_cpu_bf16, backward_input_cpu, backward_input_ref),
                         product_backward_input_flops},
                        {"linear",
                         "backward_weight",
                         {"x", "dy"},
                         {"dw"},
                         products(TERN_IF_CUDA(backward_weight_cuda_mma), TERN_IF_CUDA(backward_weight_cuda),
                                  backward_weight_cpu_bf16, backward_weight_cpu, backward_weight_ref),
                         product_backward_weight_flops},
                        {"linear",
                         "backward_bias",
                         {"dy"},
                         {"dbias"},
                         {{cuda, TERN_IF_CUDA(backward_bias_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {cpu, backward_bias_cpu, accepts_float32},
                          {ref, backward_bias_ref}},
                         flops_per_input<1>}}};
    return op;
}

Shape linear_output_shape(const Shape& input, const Shape& weight) {
    TERN_CHECK(weight.rank() == 2, "linear", "weight must be (O, I), got ", weight);
    TERN_CHECK(input.rank() >= 1, "linear", "the input must be (..., I), got ", input);
    TERN_CHECK(weight[1] == input[-1], "linear", "weight has ", weight[1], " input features, expected ",
               input[-1], " (input ", input, ", weight ", weight, ")");
    return input.with(-1, weight[0]);
}

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
    const Shape shape = linear_output_shape(input.shape(), weight.shape());
    TERN_CHECK(!bias || bias.shape() == Shape{weight.dim(0)}, "linear", "bias is ", bias.shape(),
               ", expected (O) = ", Shape{weight.dim(0)});
    for (const Tensor& other : {weight, bias}) {
        if (!other) continue;
        TERN_CHECK(input.dtype() == other.dtype() && is_floating(input.dtype()), "linear",
                   "input, weight and bias must be of one floating-point type, got ", input.dtype(), " and ",
                   other.dtype());
        TERN_CHECK(input.device() == other.device(), "linear", "input on ", input.device(),
                   ", weight or bias on ", other.device());
    }
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    static const Pass& forward = linear_op().pass("forward");
    run_pass(forward, ParamsRef(NoParams{}), {input, weight, bias}, {output});
    record_grad(input, weight, bias, output);
    return output;
}

}  // namespace tern
