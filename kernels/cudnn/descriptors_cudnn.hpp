// What calls of cuDNN have in common: types, owners of descriptors, images as it sees them.
#pragma once

#include <string>

#include "tern/core/cuda/cudnn.hpp"
#include "tern/core/tensor.hpp"
#include "tern/kernels/cudnn/plan_cache.hpp"
#include "tern/kernels/dispatch/op.hpp"

namespace tern::cudnn {

/// Throws Error but for float32, bfloat16 and float16.
cudnnDataType_t data_type(DType dtype);

/// An owner of what `create` makes.
template <class Descriptor>
Owned<Descriptor, cudnnStatus_t> owned(cudnnStatus_t (*create)(Descriptor*),
                                       cudnnStatus_t (*destroy)(Descriptor)) {
    Descriptor descriptor{};
    TERN_CUDNN_CHECK(create(&descriptor));
    return {descriptor, destroy};
}

/// A tensor of images, NHWC.
class TensorDescriptor {
  public:
    TensorDescriptor(DType dtype, std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c);
    cudnnTensorDescriptor_t get() const { return descriptor_.get(); }

  private:
    Owned<cudnnTensorDescriptor_t, cudnnStatus_t> descriptor_;
};

/// A tensor (..., C) as rows of channels: (rows, 1, 1, C).
TensorDescriptor rows_descriptor(const Tensor& tensor);

/// A tensor (..., C) as images of up to 32x32 pixels, for calls that take a channel of all pixels together.
TensorDescriptor pixels_descriptor(const Tensor& tensor);

/// What every call of cuDNN without a plan needs: the library, float32 or 16 bits, tensors of 1 to 2^31 - 1
/// elements. If not, and asked for, why.
bool accepts_call(TensorRefs tensors, std::string* why_not);

}  // namespace tern::cudnn
