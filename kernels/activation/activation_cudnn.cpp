#include <optional>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/cudnn/descriptors_cudnn.hpp"

namespace tern::activation_passes {
namespace {

struct Mode {
    cudnnActivationMode_t mode;
    double coefficient = 0;
};

std::optional<Mode> mode_of(const ActivationParams& params) {
    switch (params.activation) {
        case Activation::relu:
            return Mode{CUDNN_ACTIVATION_RELU};
        case Activation::relu6:
            return Mode{CUDNN_ACTIVATION_CLIPPED_RELU, 6};
        case Activation::elu:
            return Mode{CUDNN_ACTIVATION_ELU, params.alpha};
        case Activation::sigmoid:
            return Mode{CUDNN_ACTIVATION_SIGMOID};
        case Activation::tanh:
            return Mode{CUDNN_ACTIVATION_TANH};
        default:
            return {};
    }
}

class Descriptor {
  public:
    explicit Descriptor(const ActivationParams& params) {
        const Mode mode = mode_of(params).value();
        TERN_CUDNN_CHECK(cuda::cudnn().cudnnSetActivationDescriptor(get(), mode.mode, CUDNN_PROPAGATE_NAN,
                                                                    mode.coefficient));
    }
    cudnnActivationDescriptor_t get() const { return owned_.get(); }

  private:
    cudnn::Owned<cudnnActivationDescriptor_t, cudnnStatus_t> owned_ = cudnn::owned(
        cuda::cudnn().cudnnCreateActivationDescriptor, cuda::cudnn().cudnnDestroyActivationDescriptor);
};

constexpr float kOne = 1, kZero = 0;

}  // namespace

bool accepts(Cudnn, const Forward& pass, std::string* why_not) {
    const Activation activation = pass.params.activation;
    if (!mode_of(pass.params)) return refuse(why_not, "cuDNN's call has no ", activation);
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

bool accepts(Cudnn, const Backward& pass, std::string* why_not) {
    const Activation activation = pass.params.activation;
    if (!mode_of(pass.params)) return refuse(why_not, "cuDNN's call has no ", activation);
    // Its backward call reads y, which is not kept. For relu x will do: y is above 0 where x is.
    if (activation != Activation::relu)
        return refuse(why_not, "cuDNN's backward call needs the results of ", activation,
                      ", which are not kept");
    return cudnn::accepts_call(tensors_of(pass), why_not);
}

void run(Cudnn, const Forward& pass, const Stream& stream) {
    const Descriptor descriptor(pass.params);
    const cudnn::TensorDescriptor all(pass.x.dtype(), 1, 1, 1, pass.x.numel());
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnActivationForward(cuda::cudnn_handle(stream), descriptor.get(), &kOne,
                                                          all.get(), pass.x.raw_data(), &kZero, all.get(),
                                                          pass.y.raw_data()));
}

void run(Cudnn, const Backward& pass, const Stream& stream) {
    const Descriptor descriptor(pass.params);
    const cudnn::TensorDescriptor all(pass.x.dtype(), 1, 1, 1, pass.x.numel());
    TERN_CUDNN_CHECK(cuda::cudnn().cudnnActivationBackward(
        cuda::cudnn_handle(stream), descriptor.get(), &kOne, all.get(), pass.x.raw_data(), all.get(),
        pass.dy.raw_data(), all.get(), pass.x.raw_data(), &kZero, all.get(), pass.dx.raw_data()));
}

}  // namespace tern::activation_passes
