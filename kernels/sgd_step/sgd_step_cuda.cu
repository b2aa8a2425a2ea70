#include "tern/kernels/sgd_step/sgd_step_passes.hpp"
#include "tern/kernels/shared/optimizer_cuda.cuh"

namespace tern::sgd_step_passes {
namespace {

// The learning rate lies on the device: a recorded step reads the new one each time it runs.
struct SgdPlainStep {
    static constexpr int kPack = cuda::kPackSize<float>;
    const float *w, *g, *mask;
    const double* rate;
    const float* factor;  // of the gradients, null: 1
    float decay;
    float* new_w;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const auto step = static_cast<float>(*rate);
        const float of_gradients = cuda::factor_at(factor);
        const auto decays = cuda::decays_at<N>(decay, mask, i);
        auto weights = cuda::load_pack<N>(w + i);
        const auto gradients = cuda::load_pack<N>(g + i);
        for (int v = 0; v < N && of_gradients != 0; ++v)
            weights[v] -= step * (of_gradients * gradients[v] + decays[v] * weights[v]);
        cuda::store_pack<N>(new_w + i, weights);
    }
};

struct SgdMomentumStep {
    static constexpr int kPack = cuda::kPackSize<float>;
    const float *w, *b, *g, *mask;
    const double* rate;
    const float* factor;                            // of the gradients, null: 1
    float momentum, decay, of_gradient, of_buffer;  // the step is of_gradient * g + of_buffer * b
    float *new_w, *new_b;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const auto step = static_cast<float>(*rate);
        const float of_gradients = cuda::factor_at(factor);
        const auto decays = cuda::decays_at<N>(decay, mask, i);
        auto weights = cuda::load_pack<N>(w + i), buffers = cuda::load_pack<N>(b + i);
        const auto gradients = cuda::load_pack<N>(g + i);
        for (int v = 0; v < N && of_gradients != 0; ++v) {
            const float gradient = of_gradients * gradients[v] + decays[v] * weights[v];
            buffers[v] = momentum * buffers[v] + gradient;
            weights[v] -= step * (of_gradient * gradient + of_buffer * buffers[v]);
        }
        cuda::store_pack<N>(new_w + i, weights);
        cuda::store_pack<N>(new_b + i, buffers);
    }
};

}  // namespace

void run(Cuda, const Step& pass, const Stream& stream) {
    const auto& params = pass.params;
    const Tensor &w = pass.w, &b = pass.buffer, &g = pass.g;
    const Tensor& masked = pass.decay_mask.defined() ? pass.decay_mask : w;
    const float* mask = pass.decay_mask.defined() ? pass.decay_mask.data<float>() : nullptr;
    const Tensor &new_w = pass.new_w, &new_b = pass.new_buffer;
    const double* rate = pass.learning_rate.data<double>();
    const float* factor = pass.gradient_factor.defined() ? pass.gradient_factor.data<float>() : nullptr;
    const auto momentum = static_cast<float>(params.momentum),
               decay = static_cast<float>(params.weight_decay);
    if (!b.defined()) {
        const SgdPlainStep work{w.data<float>(), g.data<float>(),    mask, rate, factor,
                                decay,           new_w.data<float>()};
        launch_flat(work, w.numel(), {w, g, masked, new_w}, stream);
        return;
    }
    const SgdMomentumStep work{w.data<float>(),
                               b.data<float>(),
                               g.data<float>(),
                               mask,
                               rate,
                               factor,
                               momentum,
                               decay,
                               params.nesterov ? 1.0f : 0.0f,
                               params.nesterov ? momentum : 1.0f,
                               new_w.data<float>(),
                               new_b.data<float>()};
    launch_flat(work, w.numel(), {w, b, g, masked, new_w, new_b}, stream);
}

bool accepts(Cuda, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace tern::sgd_step_passes
