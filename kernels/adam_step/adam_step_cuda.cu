// What is the same for all weights is worked out in float64, and one pass goes over the flat buffers. Two kernels: a single thread
// does the one and counts the step, so that nothing is read while it changes. Or one: a thread of every block does it, and
// the last block counts the step.
#include <cmath>

#include "tern/kernels/adam_step/adam_step_passes.hpp"
#include "tern/kernels/shared/last_block_cuda.cuh"
#include "tern/kernels/shared/optimizer_cuda.cuh"

namespace tern::adam_step_passes {
namespace {

// g = gradient * g + coupled_decay * w, w *= 1 - lost, ...; both times the mask. A gradient of 0: no step.
struct Factors {
    float gradient, coupled_decay, lost, keep, one_minus_beta1, beta2, one_minus_beta2, root_correction2,
        epsilon, step_size;
};

struct Schedule {
    AdamParams params;
    const std::int64_t* step;
    const double* rate;
    const float* gradient_factor;
    std::int64_t* new_step;  // may be where step is

    __device__ Factors factors() const {
        const auto t = static_cast<double>(*step + 1);
        const double decay = *rate * params.weight_decay;
        const double correction1 = 1 - ::pow(params.beta1, t), correction2 = 1 - ::pow(params.beta2, t);
        return {.gradient = cuda::factor_at(gradient_factor),
                .coupled_decay = static_cast<float>(params.decoupled ? 0 : params.weight_decay),
                .lost = static_cast<float>(params.decoupled ? decay : 0),
                .keep = static_cast<float>(params.decoupled ? 1 - decay : 1),
                .one_minus_beta1 = static_cast<float>(1 - params.beta1),
                .beta2 = static_cast<float>(params.beta2),
                .one_minus_beta2 = static_cast<float>(1 - params.beta2),
                .root_correction2 = static_cast<float>(::sqrt(correction2)),
                .epsilon = static_cast<float>(params.epsilon),
                .step_size = static_cast<float>(*rate / correction1)};
    }
    __device__ void count_step() const {
        *new_step = cuda::factor_at(gradient_factor) == 0 ? *step : *step + 1;
    }
};

__global__ void adam_step_factors_kernel(Schedule schedule, Factors* factors) {
    *factors = schedule.factors();
    schedule.count_step();
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

constexpr int kThreads = 256;

template <int V>
__global__ void __launch_bounds__(kThreads)
    adam_step_kernel(Schedule schedule, AdamStep work, std::int64_t count, unsigned* arrivals) {
    TERN_SHARED(Factors, factors, 1);
    if (threadIdx.x == 0) factors[0] = schedule.factors();
    __syncthreads();  // the factors are there
    work.factors = factors;
    run_flat<V>(work, count);
    if (cuda::is_last_block(arrivals, static_cast<int>(gridDim.x)) && threadIdx.x == 0) schedule.count_step();
}

const float* data_or_null(const Tensor& tensor) { return tensor ? tensor.data<float>() : nullptr; }

}  // namespace

void run(Cuda, const Step& pass, const Stream& stream) {
    const Schedule schedule{pass.params, pass.step.data<std::int64_t>(), pass.learning_rate.data<double>(),
                            data_or_null(pass.gradient_factor), pass.new_step.data<std::int64_t>()};
    AdamStep work{nullptr,
                  pass.w.data<float>(),
                  pass.m.data<float>(),
                  pass.v.data<float>(),
                  pass.g.data<float>(),
                  data_or_null(pass.decay_mask),
                  pass.new_w.data<float>(),
                  pass.new_m.data<float>(),
                  pass.new_v.data<float>()};
    const std::initializer_list<Tensor> tensors = {
        pass.w,     pass.m,     pass.v,    pass.g, pass.decay_mask.defined() ? pass.decay_mask : pass.w,
        pass.new_w, pass.new_m, pass.new_v};
    const std::int64_t count = pass.w.numel();
    if (unsigned* const arrivals = cuda::last_block_arrivals(stream); arrivals != nullptr && count > 0) {
        const auto start = [&](auto kernel, int elements) {
            cuda::launch(kernel, {dim3(cuda::blocks_for(count, kThreads * elements)), dim3(kThreads)}, stream,
                         schedule, work, count, arrivals);
        };
        return have_packs(tensors, AdamStep::kPack)
                   ? start(adam_step_kernel<AdamStep::kPack>, AdamStep::kPack)
                   : start(adam_step_kernel<1>, 1);
    }
    const Tensor memory = Tensor::empty({sizeof(Factors) / sizeof(float)}, DType::float32, pass.w.device());
    auto* const factors = reinterpret_cast<Factors*>(memory.raw_data());
    cuda::launch(adam_step_factors_kernel, {dim3(1), dim3(1)}, stream, schedule, factors);
    work.factors = factors;
    launch_flat(work, count, tensors, stream);
}

bool accepts(Cuda, const Step& pass, std::string* why_not) {
    return accepts_float32(tensor_references(pass.w), why_not);
}

}  // namespace tern::adam_step_passes
