// Two kernels: one thread works out what is the same for all weights, in float64, and counts the step; then
// one pass over the flat buffers. The second reads neither the counter nor the learning rate, so nothing is
// read while it changes.
#include <cmath>

#include "tern/kernels/adam_step/adam_step_passes.hpp"
#include "tern/kernels/shared/optimizer_cuda.cuh"

namespace tern::adam_step_passes {
namespace {

// g = gradient * g + coupled_decay * w, w *= 1 - lost, ...; both times the mask. A gradient of 0: no step.
struct Factors {
    float gradient, coupled_decay, lost, keep, one_minus_beta1, beta2, one_minus_beta2, root_correction2,
        epsilon, step_size;
};

__global__ void adam_step_factors_kernel(AdamParams params, const std::int64_t* step, const double* rate,
                                         const float* gradient_factor, Factors* factors,
                                         std::int64_t* new_step) {
    const float gradient = cuda::factor_at(gradient_factor);
    const std::int64_t t = *step + 1;
    const double correction1 = 1 - ::pow(params.beta1, static_cast<double>(t));
    const double correction2 = 1 - ::pow(params.beta2, static_cast<double>(t));
    factors->gradient = gradient;
    factors->coupled_decay = static_cast<float>(params.decoupled ? 0 : params.weight_decay);
    factors->lost = static_cast<float>(params.decoupled ? *rate * params.weight_decay : 0);
    factors->keep = static_cast<float>(params.decoupled ? 1 - *rate * params.weight_decay : 1);
    factors->one_minus_beta1 = static_cast<float>(1 - params.beta1);
    factors->beta2 = static_cast<float>(params.beta2);
    factors->one_minus_beta2 = static_cast<float>(1 - params.beta2);
    factors->root_correction2 = static_cast<float>(::sqrt(correction2));
    factors->epsilon = static_cast<float>(params.epsilon);
    factors->step_size = static_cast<float>(*rate / correction1);
    *new_step = gradient == 0 ? t - 1 : t;  // may be where step is: this is the only thread
}

struct AdamStep {
    static constexpr int kPack = cuda::kPackSize<float>;
    const Factors* factors;
    const float *w, *m, *v, *g, *mask;
    float *new_w, *new_m, *new_v;

    template <int N>
    __device__ void run(std::int64_t i) const {
        const Factors f = *factors;
        auto weights = cuda::load_pack<N>(w + i), means = cuda::load_pack<N>(m + i),
             squares = cuda::load_pack<N>(v + i);
        const auto gradients = cuda::load_pack<N>(g + i);
        const auto decays = cuda::decays_at<N>(f.coupled_decay, mask, i),
                   lost = cuda::decays_at<N>(f.lost, mask, i);
        for (int j = 0; j < N && f.gradient != 0; ++j) {
            const float gradient = f.gradient * gradients[j] + decays[j] * weights[j];
            means[j] += f.one_minus_beta1 * (gradient - means[j]);
            squares[j] = f.beta2 * squares[j] + f.one_minus_beta2 * gradient * gradient;
            const float denominator = sqrtf(squares[j]) / f.root_correction2 + f.epsilon;
            const float keep = mask == nullptr ? f.keep : 1 - lost[j];
            weights[j] = weights[j] * keep - f.step_size * means[j] / denominator;
        }
        cuda::store_pack<N>(new_w + i, weights);
        cuda::store_pack<N>(new_m + i, means);
        cuda::store_pack<N>(new_v + i, squares);
    }
};

}  // namespace

void run(Cuda, const Step& pass, const Stream& stream) {
    const Tensor memory = Tensor::empty({sizeof(Factors) / sizeof(float)}, DType::float32, pass.w.device());
    auto* const factors = reinterpret_cast<Factors*>(memory.raw_data());
    cuda::launch(adam_step_factors_kernel, {dim3(1), dim3(1)}, stream, pass.params,
                 pass.step.data<std::int64_t>(), pass.learning_rate.data<double>(),
                 pass.gradient_factor.defined() ? pass.gradient_factor.data<float>() : nullptr, factors,
                 pass.new_step.data<std::int64_t>());
    const AdamStep work{factors,
                        pass.w.data<float>(),
                        pass.m.data<float>(),
                        pass.v.data<float>(),
                        pass.g.data<float>(),
                        pass.decay_mask.defined() ? pass.decay_mask.data<float>() : nullptr,
                        pass.new_w.data<float>(),
                        pass.new_m.data<float>(),
                        pass.new_v.data<float>()};
    launch_flat(work, pass.w.numel(),
                {pass.w, pass.m, pass.v, pass.g, pass.decay_mask.defined() ? pass.decay_mask : pass.w,
                 pass.new_w, pass.new_m, pass.new_v},
                stream);
}

bool accepts(Cuda, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace tern::adam_step_passes
