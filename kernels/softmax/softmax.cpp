#include "tern/kernels/softmax/softmax.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace softmax_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const SoftmaxParams& params);

}  // namespace softmax_passes

using namespace softmax_passes;

const Op& softmax_op() {
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{
            {Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
            {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
            {Backend::cpu, cpu_version, accepts_float32},
            {Backend::ref, reference}};
    };
    static const Op op{"softmax",
                       {{"softmax",
                         "forward",
                         {"x"},
                         {"y"},
                         implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref),
                         flops_per_input<4>},
                        {"softmax",
                         "backward",
                         {"y", "dy"},
                         {"dx"},
                         implementations(TERN_IF_CUDA(backward_cuda), backward_cpu, backward_ref),
                         flops_per_input<4>}}};
    return op;
}

namespace {

Tensor run_softmax(const Tensor& input, const SoftmaxParams& params) {
    const char* const where = params.logarithm ? "log_softmax" : "softmax";
    TERN_CHECK(input.rank() >= 1, where, "the input must be (..., K), got a scalar");
    TERN_CHECK(is_floating(input.dtype()), where, "the input must be of a floating-point type, got ",
               input.dtype());
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = softmax_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

}  // namespace

Tensor softmax(const Tensor& input) { return run_softmax(input, {false}); }
Tensor log_softmax(const Tensor& input) { return run_softmax(input, {true}); }

}  // namespace tern
