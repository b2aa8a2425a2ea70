#include "tern/kernels/activation/activation.hpp"

#include <array>

#include "tern/kernels/dispatch.hpp"

namespace tern {
namespace activation_passes {

void forward_ref(const Problem& problem, const Stream& stream);
void backward_ref(const Problem& problem, const Stream& stream);
void forward_cpu(const Problem& problem, const Stream& stream);
void backward_cpu(const Problem& problem, const Stream& stream);
void forward_cuda(const Problem& problem, const Stream& stream);
void backward_cuda(const Problem& problem, const Stream& stream);
bool accepts_cuda(const Problem& problem, std::string* why_not);
void run_cudnn(const Problem& problem, const Stream& stream);
bool accepts_cudnn(const Problem& problem, std::string* why_not);
void record_grad(const Tensor& input, const Tensor& output, const ActivationParams& params);

}  // namespace activation_passes

using namespace activation_passes;

namespace {

constexpr std::array<std::string_view, 11> kNames{"none",    "relu", "relu6",     "leaky_relu",
                                                  "elu",     "gelu", "gelu_tanh", "silu",
                                                  "sigmoid", "tanh", "hard_swish"};

}  // namespace

const Op& activation_op() {
    static const Op op{"activation",
                       {{"activation",
                         "forward",
                         {"x"},
                         {"y"},
                         {{Backend::cuda, TERN_IF_CUDA(forward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
                          {Backend::cpu, forward_cpu, accepts_float32},
                          {Backend::ref, forward_ref}},
                         flops_per_input<1>},
                        {"activation",
                         "backward",
                         {"x", "dy"},
                         {"dx"},
                         {{Backend::cuda, TERN_IF_CUDA(backward_cuda), TERN_IF_CUDA(accepts_cuda)},
                          {Backend::cudnn, TERN_IF_CUDA(run_cudnn), TERN_IF_CUDA(accepts_cudnn)},
                          {Backend::cpu, backward_cpu, accepts_float32},
                          {Backend::ref, backward_ref}},
                         flops_per_input<1>}}};
    return op;
}

std::string_view name_of(Activation activation) { return kNames.at(static_cast<std::size_t>(activation)); }

Activation parse_activation(std::string_view name) {
    std::string names;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) return static_cast<Activation>(i);
        names += to_text(i == 0 ? "" : ", ", kNames[i]);
    }
    fail("activation", '"', name, "\" is none of ", names);
}

Tensor activation(const Tensor& input, Activation activation, double slope) {
    TERN_CHECK(is_floating(input.dtype()), "activation", "the input must be of a floating-point type, got ",
               input);
    if (activation == Activation::none) return input;
    const ActivationParams params{activation, slope};
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    static const Pass& forward = activation_op().pass("forward");
    run_pass(forward, ParamsRef(params), {input}, {output});
    record_grad(input, output, params);
    return output;
}

Tensor relu(const Tensor& input) { return activation(input, Activation::relu); }
Tensor relu6(const Tensor& input) { return activation(input, Activation::relu6); }
Tensor leaky_relu(const Tensor& input, double slope) {
    return activation(input, Activation::leaky_relu, slope);
}
Tensor elu(const Tensor& input) { return activation(input, Activation::elu); }
Tensor gelu(const Tensor& input) { return activation(input, Activation::gelu); }
Tensor gelu_tanh(const Tensor& input) { return activation(input, Activation::gelu_tanh); }
Tensor silu(const Tensor& input) { return activation(input, Activation::silu); }
Tensor sigmoid(const Tensor& input) { return activation(input, Activation::sigmoid); }
Tensor tanh(const Tensor& input) { return activation(input, Activation::tanh); }
Tensor hard_swish(const Tensor& input) { return activation(input, Activation::hard_swish); }

}  // namespace tern
