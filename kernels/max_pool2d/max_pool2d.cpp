#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace max_pool2d_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const MaxPool2dParams& params);

}  // namespace max_pool2d_passes

const Op& max_pool2d_op() {
    using namespace max_pool2d_passes;
    const auto implementations = [](auto ours, auto cpu_version, auto reference) {
        return std::vector<Implementation>{
            {Backend::cuda, ours, TERN_IF_CUDA(accepts_cuda)},
            {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
            {Backend::cpu, cpu_version, accepts_float32},
            {Backend::ref, reference}};
    };
    static const Op op{"max_pool2d",
                       {{"max_pool2d",
                         "forward",
                         {"x"},
                         {"y"},
                         implementations(TERN_IF_CUDA(forward_cuda), forward_cpu, forward_ref)},
                        {"max_pool2d",
                         "backward",
                         {"dy", "x"},
                         {"dx"},
                         implementations(TERN_IF_CUDA(backward_cuda), backward_cpu, backward_ref)}}};
    return op;
}

Tensor max_pool2d(const Tensor& input, const Window2d& window) {
    TERN_CHECK(is_floating(input.dtype()), "max_pool2d", "the input must be of a floating-point type, got ",
               input.dtype());
    TERN_CHECK(input.rank() == 4, "max_pool2d", "the input must be (N, H, W, C), got ", input.shape());
    const Shape shape = window_output_shape("max_pool2d", input.shape(), window, input.dim(3));
    const MaxPool2dParams params{window};
    const Tensor output = Tensor::empty(shape, input.dtype(), input.device());
    static const Pass& forward = max_pool2d_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    max_pool2d_passes::record_grad(input, output, params);
    return output;
}

}  // namespace tern
