// cuDNN's batch normalisation in evaluation. It has no backward call for moments that are given.
#include "tern/kernels/normalize/normalize.hpp"

#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::normalize_passes {

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    if (problem.inputs[5].defined()) return refuse(why_not, "cuDNN's call adds no residual");
    const Activation activation = problem.params<NormalizeParams>().activation;
    if (activation != Activation::none) return refuse(why_not, "cuDNN's call applies no ", activation);
    return cudnn::accepts_call(tensors_of(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const auto& in = problem.inputs;
    const auto pixels = cudnn::pixels_descriptor(in[0]);
    const cudnn::TensorDescriptor channels(DType::float32, 1, 1, 1, in[0].dim(-1));
    const float one = 1, zero = 0;
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnBatchNormalizationForwardInference(
        cuda::cudnn_handle(stream), CUDNN_BATCHNORM_SPATIAL, &one, &zero, pixels.get(), in[0].raw_data(),
        pixels.get(), problem.outputs[0].raw_data(), channels.get(), in[3].raw_data(), in[4].raw_data(),
        in[1].raw_data(), in[2].raw_data(), problem.params<NormalizeParams>().epsilon));
}

}  // namespace tern::normalize_passes
