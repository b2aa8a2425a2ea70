// cuDNN's batch normalisation in evaluation. It has no backward call for a given mean and variance.
#include "tern/kernels/cudnn/descriptors_cudnn.hpp"
#include "tern/kernels/normalize/normalize_passes.hpp"

namespace tern::normalize_passes {

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    if (pass.residual) return refuse(why_not, "cuDNN's call adds no residual");
    if (pass.params.activation != Activation::none)
        return refuse(why_not, "cuDNN's call applies no ", pass.params.activation);
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    const auto pixels = cudnn::pixels_descriptor(pass.x);
    const cudnn::TensorDescriptor channels(DType::float32, 1, 1, 1, pass.x.dim(-1));
    const float one = 1, zero = 0;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationForwardInference(
        cuda::cudnn_handle(stream), CUDNN_BATCHNORM_SPATIAL, &one, &zero, pixels.get(), pass.x.raw_data(),
        pixels.get(), pass.y.raw_data(), channels.get(), pass.gamma.raw_data(), pass.beta.raw_data(),
        pass.mean.raw_data(), pass.variance.raw_data(), pass.params.epsilon));
}

}  // namespace tern::normalize_passes
