#include "tern/kernels/linear/linear.hpp"

#include "tern/kernels/gemm/tensor_cores.hpp"
#include "tern/kernels/linear/linear_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace linear_passes {

bool preferred_when(CudaMma, const Forward&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}
bool preferred_when(CudaMma, const BackwardInput&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}
bool preferred_when(CudaMma, const BackwardWeight&, std::string* why_not) {
    return gemm::prefers_tensor_cores(why_not);
}

}  // namespace linear_passes

using namespace linear_passes;

const Op& linear_op() {
    static const Op op{"linear",
                       {pass_of<Forward, Partial<Cudnn>, PreferredWhen<Partial<CudaMma>>, Partial<Cuda>,
                                CpuBf16, Cpu, Ref>(),
                        pass_of<BackwardInput, Partial<Cudnn>, PreferredWhen<Partial<CudaMma>>, Partial<Cuda>,
                                CpuBf16, Cpu, Ref>(),
                        pass_of<BackwardWeight, Partial<Cudnn>, PreferredWhen<Partial<CudaMma>>,
                                Partial<Cuda>, CpuBf16, Cpu, Ref>(),
                        pass_of<BackwardBias, Partial<Cuda>, Cpu, Ref>()}};
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
    check_defined("linear", {{"the input", input}, {"weight", weight}});
    const Shape shape = linear_output_shape(input.shape(), weight.shape());
    check_bias("linear", bias, "O", weight.dim(0));
    check_one_type("linear", "input, weight and bias", {input, weight, bias});
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    const Forward pass{.x = input, .w = weight, .bias = bias, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

}  // namespace tern
