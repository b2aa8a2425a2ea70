#include "tern/kernels/activation/activation.hpp"

#include <array>

#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/shared/checks.hpp"

namespace tern {
namespace {

constexpr std::array<std::string_view, 11> kNames{"none",    "relu", "relu6",     "leaky_relu",
                                                  "elu",     "gelu", "gelu_tanh", "silu",
                                                  "sigmoid", "tanh", "hard_swish"};

}  // namespace

using namespace activation_passes;

const Op& activation_op() {
    static const Op op{"activation",
                       {pass_of<Forward, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>(),
                        pass_of<Backward, Partial<Cuda>, Partial<Cudnn>, Cpu, Ref>()}};
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

Tensor activation(const Tensor& input, const ActivationParams& params) {
    check_defined("activation", {{"the input", input}});
    TERN_CHECK(is_floating(input.dtype()), "activation", "the input must be of a floating-point type, got ",
               input);
    if (params.activation == Activation::none) return input;
    const Tensor output = Tensor::empty(input.shape(), input.dtype(), input.device());
    const Forward pass{.params = params, .x = input, .y = output};
    run_pass(pass);
    record_grad(pass);
    return output;
}

Tensor activation(const Tensor& input, Activation activation, double slope) {
    return tern::activation(input, ActivationParams{activation, slope});
}

Tensor relu(const Tensor& input) { return activation(input, Activation::relu); }
Tensor relu6(const Tensor& input) { return activation(input, Activation::relu6); }
Tensor leaky_relu(const Tensor& input, double slope) {
    return activation(input, Activation::leaky_relu, slope);
}
Tensor elu(const Tensor& input, double alpha) {
    return activation(input, ActivationParams{.activation = Activation::elu, .alpha = alpha});
}
Tensor gelu(const Tensor& input) { return activation(input, Activation::gelu); }
Tensor gelu_tanh(const Tensor& input) { return activation(input, Activation::gelu_tanh); }
Tensor silu(const Tensor& input) { return activation(input, Activation::silu); }
Tensor sigmoid(const Tensor& input) { return activation(input, Activation::sigmoid); }
Tensor tanh(const Tensor& input) { return activation(input, Activation::tanh); }
Tensor hard_swish(const Tensor& input) { return activation(input, Activation::hard_swish); }

}  // namespace tern
