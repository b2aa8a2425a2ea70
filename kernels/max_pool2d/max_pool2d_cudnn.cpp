#include "tern/kernels/cudnn/descriptors_cudnn.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"

namespace tern::max_pool2d_passes {
namespace {

constexpr float kOne = 1, kZero = 0;

cudnn::TensorDescriptor image_descriptor(const Tensor& image) {
    return {image.dtype(), image.dim(0), image.dim(1), image.dim(2), image.dim(3)};
}

struct Pool {
    cudnn::Owned<cudnnPoolingDescriptor_t, cudnnStatus_t> pool =
        cudnn::owned(cuda::cudnn().cudnnCreatePoolingDescriptor, cuda::cudnn().cudnnDestroyPoolingDescriptor);
    cudnn::TensorDescriptor of_x, of_y;

    Pool(const Window2d& w, const Tensor& x, const Tensor& y)
        : of_x(image_descriptor(x)), of_y(image_descriptor(y)) {
        const auto i = [](std::int64_t value) { return static_cast<int>(value); };
        TERN_CUDNN_CHECK(cuda::cudnn().cudnnSetPooling2dDescriptor(
            pool.get(), CUDNN_POOLING_MAX_DETERMINISTIC, CUDNN_PROPAGATE_NAN, i(w.kernel_h), i(w.kernel_w),
            i(w.pad_top), i(w.pad_left), i(w.stride_h), i(w.stride_w)));
    }

    void forward(const Tensor& x, const Tensor& y, const Stream& stream) const {
        TERN_CUDNN_CHECK(cuda::cudnn().cudnnPoolingForward(cuda::cudnn_handle(stream), pool.get(), &kOne,
                                                           of_x.get(), x.raw_data(), &kZero, of_y.get(),
                                                           y.raw_data()));
    }
};

template <class Pass>
bool takes(const Pass& pass, std::string* why_not) {
    const Window2d& w = pass.params.window;
    if (w.pad_top != w.pad_bottom || w.pad_left != w.pad_right) return refuse(why_not, "uneven padding: ", w);
    if (w.dilation_h != 1 || w.dilation_w != 1) return refuse(why_not, "cuDNN's pools have no dilation: ", w);
    if (w.pad_top >= w.kernel_h || w.pad_left >= w.kernel_w)
        return refuse(why_not, "padding as large as the window: ", w);
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) { return takes(pass, why_not); }
bool accepts(Cudnn, const Backward& pass, std::string* why_not) { return takes(pass, why_not); }

void run(Cudnn, const Forward& pass, const Stream& stream) {
    Pool(pass.params.window, pass.x, pass.y).forward(pass.x, pass.y, stream);
}

void run(Cudnn, const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &x = pass.x;
    // The call reads y, which is not kept: it is made again.
    const Tensor y = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
    const Pool pool(pass.params.window, x, y);
    pool.forward(x, y, stream);
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnPoolingBackward(
        cuda::cudnn_handle(stream), pool.pool.get(), &kOne, pool.of_y.get(), y.raw_data(), pool.of_y.get(),
        dy.raw_data(), pool.of_x.get(), x.raw_data(), &kZero, pool.of_x.get(), pass.dx.raw_data()));
}

}  // namespace tern::max_pool2d_passes
