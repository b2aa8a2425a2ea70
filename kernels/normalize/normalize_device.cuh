// A normalisation in the registers of a thread that owns a pack of channels.
#pragma once

#include <cmath>

#include "tern/kernels/activation/activation_cuda.cuh"
#include "tern/kernels/normalize/normalize.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"

namespace tern::normalize_device {

struct ChannelInputs {
    const float *mean, *variance, *gamma, *beta;  // (C)
    float epsilon;
};

/// z = scale (x - mean) + shift
template <int V>
struct Affine {
    float mean[V], scale[V], shift[V];

    __device__ Affine(const ChannelInputs& in, int channel) {
        float variance[V];
        channel_rows_cuda::load_floats<V>(in.mean + channel, mean);
        channel_rows_cuda::load_floats<V>(in.variance + channel, variance);
        channel_rows_cuda::load_floats<V>(in.gamma + channel, scale);
        channel_rows_cuda::load_floats<V>(in.beta + channel, shift);
        for (int v = 0; v < V; ++v) scale[v] /= std::sqrt(variance[v] + in.epsilon);
    }
    /// x becomes z.
    __device__ __forceinline__ void apply(float (&x)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) x[v] = scale[v] * (x[v] - mean[v]) + shift[v];
    }
};

/// none and relu, as the models have them: constants, so that the loads of several rows stay close together.
template <Activation kActivation>
struct KnownActivation {
    static constexpr bool kLinear = kActivation == Activation::none;
    // Rows per thread and tile, 64 bytes of each tensor under way; the backward passes have 2 or 3 tensors,
    // and with packs of 8 channels registers for 2 rows.
    static constexpr int kForwardRows = 4;
    template <int V>
    static constexpr int kBackwardRows = V == 8 ? 2 : 4;

    template <int V>
    __device__ __forceinline__ void forward(float (&z)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) z[v] = activated<kActivation>(z[v], 0.0f);
    }
    /// dy becomes dz.
    template <int V>
    __device__ __forceinline__ void backward(const float (&z)[V], float (&dy)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) dy[v] = activation_gradient<kActivation>(z[v], dy[v], 0.0f);
    }
};

/// All the others: a branch per row, whose code would be there once for every row of a tile.
struct AnyActivation {
    static constexpr bool kLinear = false;
    static constexpr int kForwardRows = 1;
    template <int V>
    static constexpr int kBackwardRows = 1;
    cuda::DeviceActivation activation;

    template <int V>
    __device__ __forceinline__ void forward(float (&z)[V]) const {
        cuda::activate(activation, z);
    }
    template <int V>
    __device__ __forceinline__ void backward(const float (&z)[V], float (&dy)[V]) const {
        cuda::activate_backward(activation, z, dy);
    }
};

/// Calls function(one of the above).
template <class F>
void visit_activation_kind(const NormalizeParams& params, F function) {
    switch (params.activation) {
        case Activation::none:
            return function(KnownActivation<Activation::none>{});
        case Activation::relu:
            return function(KnownActivation<Activation::relu>{});
        default:
            return function(AnyActivation{cuda::device_activation({params.activation, params.slope})});
    }
}

}  // namespace tern::normalize_device
