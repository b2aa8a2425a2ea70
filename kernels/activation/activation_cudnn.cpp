#include "tern/kernels/activation/activation.hpp"

#include <optional>

#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::activation_passes {
namespace {

struct Mode {
    cudnnActivationMode_t mode;
    double coefficient = 0;
};

std::optional<Mode> mode_of(Activation activation) {
    switch (activation) {
        case Activation::relu:
            return Mode{CUDNN_ACTIVATION_RELU};
        case Activation::relu6:
            return Mode{CUDNN_ACTIVATION_CLIPPED_RELU, 6};
        case Activation::elu:
            return Mode{CUDNN_ACTIVATION_ELU, 1};
        case Activation::sigmoid:
            return Mode{CUDNN_ACTIVATION_SIGMOID};
        case Activation::tanh:
            return Mode{CUDNN_ACTIVATION_TANH};
        default:
            return {};
    }
}

bool is_forward(const Problem& problem) { return problem.pass.name == std::string_view("forward"); }

}  // namespace

bool accepts_cudnn(const Problem& problem, std::string* why_not) {
    const Activation activation = problem.params<ActivationParams>().activation;
    if (!mode_of(activation)) return refuse(why_not, "cuDNN's call has no ", activation);
    // Its backward call reads y, which is not kept. For relu x will do: y is above 0 where x is.
    if (!is_forward(problem) && activation != Activation::relu)
        return refuse(why_not, "cuDNN's backward call needs the results of ", activation,
                      ", which are not kept");
    return cudnn::accepts_call(tensors_of(problem), why_not);
}

void run_cudnn(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &result = problem.outputs[0];
    const Mode mode = mode_of(problem.params<ActivationParams>().activation).value();
    const auto descriptor = cudnn::owned(cuda::cudnn().cudnnCreateActivationDescriptor,
                                         cuda::cudnn().cudnnDestroyActivationDescriptor);
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnSetActivationDescriptor(descriptor.get(), mode.mode,
                                                                CUDNN_PROPAGATE_NAN, mode.coefficient));
    const cudnn::TensorDescriptor all(x.dtype(), 1, 1, 1, x.numel());
    cudnnHandle_t handle = cuda::cudnn_handle(stream);
    const float one = 1, zero = 0;
    if (is_forward(problem)) {
        TERN_CUDNN_CHECK(cuda::cudnn().cudnnActivationForward(
            handle, descriptor.get(), &one, all.get(), x.raw_data(), &zero, all.get(), result.raw_data()));
        return;
    }
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnActivationBackward(
        handle, descriptor.get(), &one, all.get(), x.raw_data(), all.get(), problem.inputs[1].raw_data(),
        all.get(), x.raw_data(), &zero, all.get(), result.raw_data()));
}

}  // namespace tern::activation_passes
