#include "tern/kernels/batch_norm/batch_norm.hpp"

#include "tern/kernels/channels.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace batch_norm_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensors& inputs, const BatchNormResult& result, const NormalizeParams& params);

}  // namespace batch_norm_passes

using namespace batch_norm_passes;

// dmean and dvariance: the gradients of the moments as results, undefined where nobody used them. dresidual
// is left out where there is no residual, or dy itself is its gradient.
const Op& batch_norm_op() {
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{
            {Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
            {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
            {Backend::cpu, cpu_version, accepts_float32},
            {Backend::ref, reference}};
    };
    static const Op op{"batch_norm",
                       {{"batch_norm",
                         "forward",
                         {"x", "gamma", "beta", "residual"},
                         {"y", "mean", "variance"},
                         implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref),
                         flops_per_input<8>},
                        {"batch_norm",
                         "backward",
                         {"x", "mean", "variance", "gamma", "beta", "residual", "dy", "dmean", "dvariance"},
                         {"dx", "dgamma", "dbeta", "dresidual"},
                         implementations(TERN_IF_CUDA(backward_cuda), backward_cpu, backward_ref),
                         flops_per_input<12>}}};
    return op;
}

BatchNormResult batch_norm(const Tensor& input, const Tensor& gamma, const Tensor& beta,
                           const NormalizeParams& params, const Tensor& residual) {
    check_normalize("batch_norm", input, gamma, beta, params, residual);
    TERN_CHECK(rows_of(input.shape()) > 0, "batch_norm", "at least one row is needed, the input is ",
               input.shape());
    const auto like_gamma = [&] { return Tensor::empty(gamma.shape(), gamma.dtype(), gamma.device()); };
    const BatchNormResult result{Tensor::empty(input.shape(), input.dtype(), input.device()), like_gamma(),
                                 like_gamma()};
    static const Pass& forward = batch_norm_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input, gamma, beta, residual},
             {result.output, result.mean, result.variance});
    record_grad({input, gamma, beta, residual}, result, params);
    return result;
}

}  // namespace tern
