// Vectors of weights: 16 bytes read and 12 written per weight, one square root and one division.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/adam_step/adam_step_cpu.cpp"
#include <cmath>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/adam_step/adam_step_passes.hpp"

#ifndef TERN_ADAM_STEP_FACTORS
#define TERN_ADAM_STEP_FACTORS
namespace tern::adam_step_passes {

// What one step does to every weight: g = gradient * g + coupled_decay * w, w *= 1 - lost, ...; both times the mask.
struct Factors {
    float gradient, coupled_decay, lost, keep, one_minus_beta1, beta2, one_minus_beta2, root_correction2,
        epsilon, step_size;
};

struct Buffers {
    const float *w, *m, *v, *g, *mask;
    float *new_w, *new_m, *new_v;
};

}  // namespace tern::adam_step_passes
#endif

HWY_BEFORE_NAMESPACE();
namespace tern::adam_step_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <bool kMasked, class D>
void vector(D d, const Factors& f, const Buffers& b, std::int64_t i) {
    auto w = hn::LoadU(d, b.w + i), m = hn::LoadU(d, b.m + i), v = hn::LoadU(d, b.v + i);
    auto coupled_decay = hn::Set(d, f.coupled_decay), keep = hn::Set(d, f.keep);
    if constexpr (kMasked) {
        const auto mask = hn::LoadU(d, b.mask + i);
        coupled_decay = hn::Mul(coupled_decay, mask);
        keep = hn::NegMulAdd(hn::Set(d, f.lost), mask, hn::Set(d, 1));
    }
    const auto g = hn::MulAdd(coupled_decay, w, hn::Mul(hn::Set(d, f.gradient), hn::LoadU(d, b.g + i)));
    w = hn::Mul(w, keep);
    m = hn::MulAdd(hn::Set(d, f.one_minus_beta1), hn::Sub(g, m), m);
    v = hn::MulAdd(hn::Mul(hn::Set(d, f.one_minus_beta2), g), g, hn::Mul(hn::Set(d, f.beta2), v));
    const auto denominator =
        hn::Add(hn::Div(hn::Sqrt(v), hn::Set(d, f.root_correction2)), hn::Set(d, f.epsilon));
    w = hn::Sub(w, hn::Div(hn::Mul(hn::Set(d, f.step_size), m), denominator));
    hn::StoreU(w, d, b.new_w + i);
    hn::StoreU(m, d, b.new_m + i);
    hn::StoreU(v, d, b.new_v + i);
}

template <bool kMasked>
void vectors(const Factors& f, const Buffers& b, std::int64_t begin, std::int64_t end) {
    const hn::ScalableTag<float> d;
    const hn::CappedTag<float, 1> one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    std::int64_t i = begin;
    for (; i + lanes <= end; i += lanes) vector<kMasked>(d, f, b, i);
    for (; i < end; ++i) vector<kMasked>(one, f, b, i);
}

void weights(const Factors& f, const Buffers& b, std::int64_t begin, std::int64_t end) {
    b.mask == nullptr ? vectors<false>(f, b, begin, end) : vectors<true>(f, b, begin, end);
}

}  // namespace tern::adam_step_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::adam_step_passes {
namespace {

HWY_EXPORT(weights);

Factors factors(const AdamParams& params, float gradient, double rate, double t) {
    const double correction1 = 1 - std::pow(params.beta1, t), correction2 = 1 - std::pow(params.beta2, t);
    return {gradient,
            static_cast<float>(params.decoupled ? 0 : params.weight_decay),
            static_cast<float>(params.decoupled ? rate * params.weight_decay : 0),
            static_cast<float>(params.decoupled ? 1 - rate * params.weight_decay : 1),
            static_cast<float>(1 - params.beta1),
            static_cast<float>(params.beta2),
            static_cast<float>(1 - params.beta2),
            static_cast<float>(std::sqrt(correction2)),
            static_cast<float>(params.epsilon),
            static_cast<float>(rate / correction1)};
}

}  // namespace

void run(Cpu, const Step& pass, const Stream&) {
    const float factor = pass.gradient_factor.defined() ? pass.gradient_factor.data<float>()[0] : 1;
    if (factor == 0) {
        pass.new_w.copy_from(pass.w);
        pass.new_m.copy_from(pass.m);
        pass.new_v.copy_from(pass.v);
        pass.new_step.copy_from(pass.step);
        return;
    }
    const std::int64_t t = pass.step.data<std::int64_t>()[0] + 1;
    const Factors f =
        factors(pass.params, factor, pass.learning_rate.data<double>()[0], static_cast<double>(t));
    const Buffers b{pass.w.data<float>(),
                    pass.m.data<float>(),
                    pass.v.data<float>(),
                    pass.g.data<float>(),
                    pass.decay_mask.defined() ? pass.decay_mask.data<float>() : nullptr,
                    pass.new_w.data<float>(),
                    pass.new_m.data<float>(),
                    pass.new_v.data<float>()};
    parallel_for(pass.w.numel(), 1 << 14, [&](std::int64_t begin, std::int64_t end) {
        HWY_DYNAMIC_DISPATCH(weights)(f, b, begin, end);
    });
    pass.new_step.data<std::int64_t>()[0] = t;
}

}  // namespace tern::adam_step_passes
#endif
