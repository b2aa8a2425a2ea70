#include "tern/kernels/normalize/normalize.hpp"

#include "tern/kernels/channels.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace normalize_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_reduce_ref(const Problem& problem, const Stream& stream);
void backward_input_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_reduce_cpu(const Problem& problem, const Stream& stream);
void backward_input_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_reduce_cuda(const Problem& problem, const Stream& stream);
void backward_input_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensors& inputs, const Tensor& output, const NormalizeParams& params);

}  // namespace normalize_passes

using namespace normalize_passes;

// backward_input leaves dresidual out where it is undefined: no residual, or dy itself is its gradient.
const Op& normalize_op() {
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{{Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
                                           {Backend::cpu, cpu_version, accepts_float32},
                                           {Backend::ref, reference}};
    };
    static const Op op{
        "normalize",
        {{"normalize",
          "forward",
          {"x", "mean", "variance", "gamma", "beta", "residual"},
          {"y"},
          {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
           {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
           {Backend::cpu, forward_cpu, accepts_float32},
           {Backend::ref, forward_ref}},
          flops_per_input<4>},
         {"normalize",
          "backward_reduce",
          {"x", "mean", "variance", "gamma", "beta", "residual", "dy"},
          {"dgamma", "dbeta", "dmean", "dvariance"},
          implementations(TERN_IF_CUDA(backward_reduce_cuda), backward_reduce_cpu, backward_reduce_ref),
          flops_per_input<8>},
         {"normalize",
          "backward_input",
          {"x", "mean", "variance", "gamma", "beta", "residual", "dy"},
          {"dx", "dresidual"},
          implementations(TERN_IF_CUDA(backward_input_cuda), backward_input_cpu, backward_input_ref),
          flops_per_input<4>}}};
    return op;
}

void check_normalize(const char* where, const Tensor& input, const Tensor& gamma, const Tensor& beta,
                     const NormalizeParams& params, const Tensor& residual) {
    check_rows(where, input);
    check_channel_vector(where, "gamma", gamma, input);
    check_channel_vector(where, "beta", beta, input);
    if (residual) check_same_kind(where, "the residual", residual, input);
    TERN_CHECK(params.epsilon >= 0, where, "epsilon must not be negative, got ", params.epsilon);
}

Tensor normalize(const Tensor& input, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                 const Tensor& beta, const NormalizeParams& params, const Tensor& residual) {
    check_normalize("normalize", input, gamma, beta, params, residual);
    check_channel_vector("normalize", "mean", mean, input);
    check_channel_vector("normalize", "variance", variance, input);
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = normalize_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input, mean, variance, gamma, beta, residual}, {output});
    record_grad({input, mean, variance, gamma, beta, residual}, output, params);
    return output;
}

}  // namespace tern
