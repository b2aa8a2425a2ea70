#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

#include <limits>
#include <numeric>

namespace tern::cudnn {

using cuda::cudnn;

cudnnDataType_t data_type(DType dtype) {
    switch (dtype) {
        case DType::float32:
            return CUDNN_DATA_FLOAT;
        case DType::bfloat16:
            return CUDNN_DATA_BFLOAT16;
        case DType::float16:
            return CUDNN_DATA_HALF;
        default:
            fail("cudnn", "no images in ", dtype);
    }
}

TensorDescriptor::TensorDescriptor(DType dtype, std::int64_t n, std::int64_t h, std::int64_t w,
                                   std::int64_t c)
    : descriptor_(owned(cudnn().cudnnCreateTensorDescriptor, cudnn().cudnnDestroyTensorDescriptor)) {
    const auto i = [](std::int64_t value) { return static_cast<int>(value); };
    TERN_CUDNN_CHECK(cudnn().cudnnSetTensor4dDescriptor(get(), CUDNN_TENSOR_NHWC, data_type(dtype), i(n),
                                                        i(c), i(h), i(w)));
}

TensorDescriptor rows_descriptor(const Tensor& tensor) {
    const std::int64_t channels = tensor.dim(-1);
    return {tensor.dtype(), tensor.numel() / channels, 1, 1, channels};
}

TensorDescriptor pixels_descriptor(const Tensor& tensor) {
    const std::int64_t channels = tensor.dim(-1), pixels = tensor.numel() / channels;
    const std::int64_t height = std::gcd(pixels, 32), width = std::gcd(pixels / height, 32);
    return {tensor.dtype(), pixels / height / width, height, width, channels};
}

bool accepts_call(TensorRefs tensors, std::string* why_not) {
    for (const Tensor& tensor : tensors) {
        if (!tensor.defined()) continue;
        if (tensor.dtype() == DType::float64)
            return refuse(why_not, "float32 and 16-bit types only, got float64");
        if (tensor.numel() == 0) return refuse(why_not, "no elements");
        if (tensor.numel() > std::numeric_limits<int>::max())
            return refuse(why_not, "tensors of less than 2^31 elements only, got ", tensor.shape());
    }
    return cuda::cudnn_available(why_not);
}

}  // namespace tern::cudnn
