// Activations in CUDA kernels: for this operation and for those that activate what they hold in registers.
// Which one is a number that all threads share, so the branch costs a few instructions per call; a kernel per
// activation would cost eleven times the code.
#pragma once

#include "tern/core/cuda/launch.hpp"
#include "tern/kernels/activation/activation_functions.hpp"

namespace tern::cuda {

/// ActivationParams as kernels take them.
struct DeviceActivation {
    Activation kind;
    float parameter;
};

inline DeviceActivation device_activation(const ActivationParams& params) {
    return {params.activation, static_cast<float>(params.parameter())};
}

/// visit_activation() for the device, which cannot throw: for an activation that is none of them, nothing.
template <class F>
__device__ __forceinline__ void visit_device_activation(Activation activation, F function) {
    using enum Activation;
    switch (activation) {
        case none:
            return function.template operator()<none>();
        case relu:
            return function.template operator()<relu>();
        case relu6:
            return function.template operator()<relu6>();
        case leaky_relu:
            return function.template operator()<leaky_relu>();
        case elu:
            return function.template operator()<elu>();
        case gelu:
            return function.template operator()<gelu>();
        case gelu_tanh:
            return function.template operator()<gelu_tanh>();
        case silu:
            return function.template operator()<silu>();
        case sigmoid:
            return function.template operator()<sigmoid>();
        case Activation::tanh:
            return function.template operator()<Activation::tanh>();
        case hard_swish:
            return function.template operator()<hard_swish>();
    }
}

/// x[i] = activation(x[i]).
template <int N>
__device__ __forceinline__ void activate(const DeviceActivation& activation, float (&x)[N]) {
    visit_device_activation(activation.kind, [&]<Activation kActivation>() {
#pragma unroll
        for (int i = 0; i < N; ++i) x[i] = tern::activated<kActivation>(x[i], activation.parameter);
    });
}

/// grads[i], the gradient of activation(x[i]), becomes the gradient of x[i].
template <int N>
__device__ __forceinline__ void activate_backward(const DeviceActivation& activation, const float (&x)[N],
                                                  float (&grads)[N]) {
    visit_device_activation(activation.kind, [&]<Activation kActivation>() {
#pragma unroll
        for (int i = 0; i < N; ++i)
            grads[i] = tern::activation_gradient<kActivation>(x[i], grads[i], activation.parameter);
    });
}

}  // namespace tern::cuda
