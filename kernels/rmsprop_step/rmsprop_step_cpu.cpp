// Vectors of weights: 12 to 20 bytes read and 8 to 12 written per weight, one square root and one division.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/rmsprop_step/rmsprop_step_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/rmsprop_step/rmsprop_step_passes.hpp"

#ifndef TERN_RMSPROP_STEP_FACTORS
#define TERN_RMSPROP_STEP_FACTORS
namespace tern::rmsprop_step_passes {

struct Factors {
    float gradient, decay, alpha, one_minus_alpha, epsilon, momentum, rate;
};

struct Buffers {  // buffer and mask may be null
    const float *w, *square, *buffer, *g, *mask;
    float *new_w, *new_square, *new_buffer;
};

}  // namespace tern::rmsprop_step_passes
#endif

HWY_BEFORE_NAMESPACE();
namespace tern::rmsprop_step_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
void vector(D d, const Factors& f, const Buffers& b, std::int64_t i) {
    const auto w = hn::LoadU(d, b.w + i);
    auto decay = hn::Set(d, f.decay);
    if (b.mask != nullptr) decay = hn::Mul(decay, hn::LoadU(d, b.mask + i));
    auto g = hn::MulAdd(decay, w, hn::Mul(hn::Set(d, f.gradient), hn::LoadU(d, b.g + i)));
    const auto square = hn::MulAdd(hn::Mul(hn::Set(d, f.one_minus_alpha), g), g,
                                   hn::Mul(hn::Set(d, f.alpha), hn::LoadU(d, b.square + i)));
    hn::StoreU(square, d, b.new_square + i);
    g = hn::Div(g, hn::Add(hn::Sqrt(square), hn::Set(d, f.epsilon)));
    if (b.buffer != nullptr) {
        g = hn::MulAdd(hn::Set(d, f.momentum), hn::LoadU(d, b.buffer + i), g);
        hn::StoreU(g, d, b.new_buffer + i);
    }
    hn::StoreU(hn::NegMulAdd(hn::Set(d, f.rate), g, w), d, b.new_w + i);
}

void weights(const Factors& f, const Buffers& b, std::int64_t begin, std::int64_t end) {
    const hn::ScalableTag<float> d;
    const hn::CappedTag<float, 1> one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    std::int64_t i = begin;
    for (; i + lanes <= end; i += lanes) vector(d, f, b, i);
    for (; i < end; ++i) vector(one, f, b, i);
}

}  // namespace tern::rmsprop_step_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::rmsprop_step_passes {
namespace {

HWY_EXPORT(weights);

float* data_or_null(const Tensor& tensor) { return tensor.defined() ? tensor.data<float>() : nullptr; }

}  // namespace

void run(Cpu, const Step& pass, const Stream&) {
    const float factor = pass.gradient_factor.defined() ? pass.gradient_factor.data<float>()[0] : 1;
    if (factor == 0) {
        pass.new_w.copy_from(pass.w);
        pass.new_square.copy_from(pass.square);
        if (pass.buffer) pass.new_buffer.copy_from(pass.buffer);
        return;
    }
    const RmspropParams& params = pass.params;
    const Factors f{factor,
                    static_cast<float>(params.weight_decay),
                    static_cast<float>(params.alpha),
                    static_cast<float>(1 - params.alpha),
                    static_cast<float>(params.epsilon),
                    static_cast<float>(params.momentum),
                    static_cast<float>(pass.learning_rate.data<double>()[0])};
    const Buffers b{pass.w.data<float>(),          pass.square.data<float>(),     data_or_null(pass.buffer),
                    pass.g.data<float>(),          data_or_null(pass.decay_mask), pass.new_w.data<float>(),
                    pass.new_square.data<float>(), data_or_null(pass.new_buffer)};
    parallel_for(pass.w.numel(), 1 << 14, [&](std::int64_t begin, std::int64_t end) {
        HWY_DYNAMIC_DISPATCH(weights)(f, b, begin, end);
    });
}

}  // namespace tern::rmsprop_step_passes
#endif
