// A row is an image of one pixel, and cuDNN's "instance" mode goes over all channels and pixels of an image.
#include "tern/kernels/softmax/softmax.hpp"

#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::softmax_passes {

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    // At 1000 classes on an H200 (cuDNN 9.14) some were 1.1 steps of their type off, one is what rounding
    // costs.
    if (problem.pass.name == std::string_view("forward") && problem.dtype() != DType::float32)
        return refuse(why_not, "cuDNN's 16-bit results are not those of float32, rounded");
    return cudnn::accepts_call(problem, why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const Tensor &first = problem.inputs[0], &result = problem.outputs[0];
    const auto rows = cudnn::rows_descriptor(first);
    const auto algorithm =
        problem.params<SoftmaxParams>().logarithm ? CUDNN_SOFTMAX_LOG : CUDNN_SOFTMAX_ACCURATE;
    cudnnHandle_t handle = cuda::cudnn_handle(stream);
    const float one = 1, zero = 0;
    if (problem.pass.name == std::string_view("forward")) {
        TERN_CUDNN_CHECK(cuda::cudnn().cudnnSoftmaxForward(handle, algorithm, CUDNN_SOFTMAX_MODE_INSTANCE,
                                                           &one, rows.get(), first.raw_data(), &zero,
                                                           rows.get(), result.raw_data()));
        return;
    }
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnSoftmaxBackward(
        handle, algorithm, CUDNN_SOFTMAX_MODE_INSTANCE, &one, rows.get(), first.raw_data(), rows.get(),
        problem.inputs[1].raw_data(), &zero, rows.get(), result.raw_data()));
}

}  // namespace tern::softmax_passes
