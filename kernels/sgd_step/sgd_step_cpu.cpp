#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/sgd_step/sgd_step_passes.hpp"

namespace tern::sgd_step_passes {
namespace {

float gradient_factor(const Step& pass) {
    return pass.gradient_factor.defined() ? pass.gradient_factor.data<float>()[0] : 1.0f;
}

// Memory-bound (8 to 16 bytes read per three multiply-adds): the compiler's baseline vectors are enough.
template <bool kMasked>
void momentum_step(const Step& pass, std::int64_t begin, std::int64_t end) {
    const SgdParams& params = pass.params;
    const auto momentum = static_cast<float>(params.momentum),
               decay = static_cast<float>(params.weight_decay);
    const float factor = gradient_factor(pass);
    const auto rate = static_cast<float>(pass.learning_rate.data<double>()[0]);
    const float *w = pass.w.data<float>(), *b = pass.buffer.data<float>(), *g = pass.g.data<float>();
    const float* mask = kMasked ? pass.decay_mask.data<float>() : nullptr;
    float *new_w = pass.new_w.data<float>(), *new_b = pass.new_buffer.data<float>();
    const float of_gradient = params.nesterov ? 1.0f : 0.0f, of_buffer = params.nesterov ? momentum : 1.0f;
    for (std::int64_t i = begin; i < end; ++i) {
        const float gradient = factor * g[i] + (kMasked ? decay * mask[i] : decay) * w[i];
        const float buffer = momentum * b[i] + gradient;
        new_w[i] = w[i] - rate * (of_gradient * gradient + of_buffer * buffer);
        new_b[i] = buffer;
    }
}

template <bool kMasked>
void plain_step(const Step& pass, std::int64_t begin, std::int64_t end) {
    const auto decay = static_cast<float>(pass.params.weight_decay);
    const float factor = gradient_factor(pass);
    const auto rate = static_cast<float>(pass.learning_rate.data<double>()[0]);
    const float *w = pass.w.data<float>(), *g = pass.g.data<float>();
    const float* mask = kMasked ? pass.decay_mask.data<float>() : nullptr;
    float* new_w = pass.new_w.data<float>();
    for (std::int64_t i = begin; i < end; ++i)
        new_w[i] = w[i] - rate * (factor * g[i] + (kMasked ? decay * mask[i] : decay) * w[i]);
}

}  // namespace

void run(Cpu, const Step& pass, const Stream&) {
    if (gradient_factor(pass) == 0) {
        pass.new_w.copy_from(pass.w);
        if (pass.buffer) pass.new_buffer.copy_from(pass.buffer);
        return;
    }
    const bool masked = pass.decay_mask.defined();
    const auto step = pass.buffer.defined() ? (masked ? momentum_step<true> : momentum_step<false>)
                                            : (masked ? plain_step<true> : plain_step<false>);
    parallel_for(pass.w.numel(), 1 << 15,
                 [&](std::int64_t begin, std::int64_t end) { step(pass, begin, end); });
}

}  // namespace tern::sgd_step_passes
