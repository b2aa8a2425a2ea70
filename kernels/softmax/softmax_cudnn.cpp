// A row is an image of one pixel, and cuDNN's "instance" mode goes over all channels and pixels of an image.
#include "tern/kernels/cudnn/descriptors_cudnn.hpp"
#include "tern/kernels/softmax/softmax_passes.hpp"

namespace tern::softmax_passes {
namespace {

cudnnSoftmaxAlgorithm_t algorithm_of(const SoftmaxParams& params) {
    return params.logarithm ? CUDNN_SOFTMAX_LOG : CUDNN_SOFTMAX_ACCURATE;
}

constexpr float kOne = 1, kZero = 0;

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    // At 1000 classes on an H200 (cuDNN 9.14) some were 1.1 steps of their type off, one is what rounding
    // costs.
    if (pass.x.dtype() != DType::float32)
        return refuse(why_not, "cuDNN's 16-bit results are not those of float32, rounded");
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

bool accepts(Cudnn, const Backward& pass, std::string* why_not) {
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    const auto rows = cudnn::rows_descriptor(pass.x);
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnSoftmaxForward(
        cuda::cudnn_handle(stream), algorithm_of(pass.params), CUDNN_SOFTMAX_MODE_INSTANCE, &kOne, rows.get(),
        pass.x.raw_data(), &kZero, rows.get(), pass.y.raw_data()));
}

void run(Cudnn, const Backward& pass, const Stream& stream) {
    const auto rows = cudnn::rows_descriptor(pass.y);
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnSoftmaxBackward(
        cuda::cudnn_handle(stream), algorithm_of(pass.params), CUDNN_SOFTMAX_MODE_INSTANCE, &kOne, rows.get(),
        pass.y.raw_data(), rows.get(), pass.dy.raw_data(), &kZero, rows.get(), pass.dx.raw_data()));
}

}  // namespace tern::softmax_passes
