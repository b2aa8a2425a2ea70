#include "tern/kernels/elementwise_unary/elementwise_unary.hpp"

#include <array>

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace elementwise_unary_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const ElementwiseUnaryParams& params);

}  // namespace elementwise_unary_passes

using namespace elementwise_unary_passes;

const Op& elementwise_unary_op() {
    // In the backward pass x is undefined where the derivative is constant: neg and scale_shift.
    static const Op op{"elementwise_unary",
                       {{"elementwise_unary",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         flops_per_output<1>},
                        {"elementwise_unary",
                         "backward",
                         {"x", "dy"},
                         {"dx"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cpu, backward_cpu, accepts_float32},
                          {Backend::ref, backward_ref}},
                         flops_per_output<1>}}};
    return op;
}

namespace {

Tensor unary(const Tensor& input, const ElementwiseUnaryParams& params) {
    static constexpr std::array kNames{"neg", "exp",    "log",        "sqrt",
                                       "abs", "square", "reciprocal", "scale_shift"};
    TERN_CHECK(is_floating(input.dtype()), kNames.at(static_cast<std::size_t>(params.kind)),
               "the input must be of a floating-point type, got ", input.dtype());
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = elementwise_unary_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace

Tensor neg(const Tensor& input) { return unary(input, {UnaryKind::neg}); }
Tensor exp(const Tensor& input) { return unary(input, {UnaryKind::exp}); }
Tensor log(const Tensor& input) { return unary(input, {UnaryKind::log}); }
Tensor sqrt(const Tensor& input) { return unary(input, {UnaryKind::sqrt}); }
Tensor abs(const Tensor& input) { return unary(input, {UnaryKind::abs}); }
Tensor square(const Tensor& input) { return unary(input, {UnaryKind::square}); }
Tensor reciprocal(const Tensor& input) { return unary(input, {UnaryKind::reciprocal}); }
Tensor scale_shift(const Tensor& input, double scale, double shift) {
    return unary(input, {UnaryKind::scale_shift, scale, shift});
}

}  // namespace tern
