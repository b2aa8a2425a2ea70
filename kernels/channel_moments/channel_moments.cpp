#include "tern/kernels/channel_moments/channel_moments.hpp"

#include "tern/kernels/channels.hpp"
#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace channel_moments_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Moments& moments);

}  // namespace channel_moments_passes

using namespace channel_moments_passes;

const Op& channel_moments_op() {
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{{Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
                                           {Backend::cpu, cpu_version, accepts_float32},
                                           {Backend::ref, reference}};
    };
    static const Op op{"channel_moments",
                       {{"channel_moments",
                         "forward",
                         {"x"},
                         {"mean", "variance"},
                         implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref),
                         flops_per_input<4>},
                        {"channel_moments",
                         "backward",
                         {"x", "mean", "dmean", "dvariance"},
                         {"dx"},
                         implementations(TERN_IF_CUDA(backward_cuda), backward_cpu, backward_ref),
                         flops_per_input<4>}}};
    return op;
}

Moments channel_moments(const Tensor& input) {
    check_rows("channel_moments", input);
    TERN_CHECK(rows_of(input.shape()) > 0, "channel_moments", "at least one row is needed, the input is ",
               input.shape());
    const Shape shape{input.dim(-1)};
    const DType dtype = compute_dtype(input.dtype());
    const Moments moments{Tensor::empty(shape, dtype, input.device()),
                          Tensor::empty(shape, dtype, input.device())};
    static const Pass& forward = channel_moments_op().pass("forward");
    run_pass(forward, ParamsRef(NoParams{}), {input}, {moments.mean, moments.variance});
    record_grad(input, moments);
    return moments;
}

}  // namespace tern
