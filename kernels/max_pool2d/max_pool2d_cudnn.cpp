#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::max_pool2d_passes {
namespace {

bool is_forward(const Problem& problem) { return problem.pass.name == std::string_view("forward"); }

cudnn::TensorDescriptor image_descriptor(const Tensor& image) {
    return {image.dtype(), image.dim(0), image.dim(1), image.dim(2), image.dim(3)};
}

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    const Window2d& w = problem.params<MaxPool2dParams>().window;
    if (w.pad_top != w.pad_bottom || w.pad_left != w.pad_right) return refuse(why_not, "uneven padding: ", w);
    if (w.dilation_h != 1 || w.dilation_w != 1) return refuse(why_not, "cuDNN's pools have no dilation: ", w);
    if (w.pad_top >= w.kernel_h || w.pad_left >= w.kernel_w)
        return refuse(why_not, "padding as large as the window: ", w);
    return cudnn::accepts_call(tensors_of(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const Window2d& window = problem.params<MaxPool2dParams>().window;
    const auto pool =
        cudnn::owned(cuda::cudnn().cudnnCreatePoolingDescriptor, cuda::cudnn().cudnnDestroyPoolingDescriptor);
    const auto i = [](std::int64_t value) { return static_cast<int>(value); };
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnSetPooling2dDescriptor(
        pool.get(), CUDNN_POOLING_MAX_DETERMINISTIC, CUDNN_PROPAGATE_NAN, i(window.kernel_h),
        i(window.kernel_w), i(window.pad_top), i(window.pad_left), i(window.stride_h), i(window.stride_w)));
    const bool forward = is_forward(problem);
    const Tensor &x = problem.inputs[forward ? 0 : 1], &result = problem.outputs[0];
    // The backward call reads y, which is not kept: it is made again.
    const Tensor& like_y = forward ? result : problem.inputs[0];
    const Tensor y = forward ? result : Tensor::empty(like_y.shape(), like_y.dtype(), like_y.device());
    const auto of_x = image_descriptor(x), of_y = image_descriptor(y);
    cudnnHandle_t handle = cuda::cudnn_handle(stream);
    const float one = 1, zero = 0;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnPoolingForward(handle, pool.get(), &one, of_x.get(), x.raw_data(),
                                                       &zero, of_y.get(), y.raw_data()));
    if (forward) return;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnPoolingBackward(handle, pool.get(), &one, of_y.get(), y.raw_data(),
                                                        of_y.get(), problem.inputs[0].raw_data(), of_x.get(),
                                                        x.raw_data(), &zero, of_x.get(), result.raw_data()));
}

}  // namespace tern::max_pool2d_passes
