// 8 bytes of traffic per element: memory bounds the piecewise functions, which are vectors here. The others
// call the C library once or twice per element.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/activation/activation_cpu.cpp"
#include "tern/kernels/activation/activation_cpu.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/activation/activation_functions.hpp"
#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::activation_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

constexpr bool is_vectorised(Activation a) {
    return a == Activation::relu || a == Activation::relu6 || a == Activation::leaky_relu ||
           a == Activation::hard_swish;
}

// The vector forms of activated() and activation_gradient().
template <Activation kActivation, class D, class V = hn::Vec<D>>
V value(D d, V x, V slope) {
    const V zero = hn::Zero(d), three = hn::Set(d, 3.0f), six = hn::Set(d, 6.0f);
    const auto negative = hn::Lt(x, zero);
    if constexpr (kActivation == Activation::relu) return hn::IfThenZeroElse(negative, x);
    if constexpr (kActivation == Activation::relu6)
        return hn::IfThenElse(hn::Gt(x, six), six, hn::IfThenZeroElse(negative, x));
    if constexpr (kActivation == Activation::leaky_relu)
        return hn::IfThenElse(negative, hn::Mul(slope, x), x);
    if constexpr (kActivation == Activation::hard_swish) {
        const V middle = hn::Mul(hn::Mul(x, hn::Add(x, three)), hn::Set(d, 1.0f / 6));
        return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), hn::IfThenElse(hn::Ge(x, three), x, middle));
    }
}

template <Activation kActivation, class D, class V = hn::Vec<D>>
V gradient(D d, V x, V dy, V slope) {
    const V zero = hn::Zero(d), three = hn::Set(d, 3.0f), six = hn::Set(d, 6.0f);
    const auto below = hn::Le(x, zero);
    if constexpr (kActivation == Activation::relu) return hn::IfThenZeroElse(below, dy);
    if constexpr (kActivation == Activation::relu6)
        return hn::IfThenZeroElse(hn::Or(below, hn::Ge(x, six)), dy);
    if constexpr (kActivation == Activation::leaky_relu) return hn::IfThenElse(below, hn::Mul(slope, dy), dy);
    if constexpr (kActivation == Activation::hard_swish) {
        const V middle = hn::Mul(dy, hn::MulAdd(x, hn::Set(d, 1.0f / 3), hn::Set(d, 0.5f)));
        return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), hn::IfThenElse(hn::Ge(x, three), dy, middle));
    }
}

void values(const ActivationParams& params, const float* x, float* y, std::int64_t count) {
    const auto parameter = static_cast<float>(params.parameter());
    visit_activation(params.activation, [=]<Activation kActivation>() {
        if constexpr (is_vectorised(kActivation)) {
            for_each_vector(count, [=](auto d, std::int64_t i) {
                hn::StoreU(value<kActivation>(d, hn::LoadU(d, x + i), hn::Set(d, parameter)), d, y + i);
            });
        } else {
            for (std::int64_t i = 0; i < count; ++i) y[i] = activated<kActivation>(x[i], parameter);
        }
    });
}

void gradients(const ActivationParams& params, const float* x, const float* dy, float* dx,
               std::int64_t count) {
    const auto parameter = static_cast<float>(params.parameter());
    visit_activation(params.activation, [=]<Activation kActivation>() {
        if constexpr (is_vectorised(kActivation)) {
            for_each_vector(count, [=](auto d, std::int64_t i) {
                const auto grad = gradient<kActivation>(d, hn::LoadU(d, x + i), hn::LoadU(d, dy + i),
                                                        hn::Set(d, parameter));
                hn::StoreU(grad, d, dx + i);
            });
        } else {
            for (std::int64_t i = 0; i < count; ++i)
                dx[i] = activation_gradient<kActivation>(x[i], dy[i], parameter);
        }
    });
}

}  // namespace tern::activation_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern {
namespace activation_passes {

HWY_EXPORT(values);
HWY_EXPORT(gradients);

constexpr std::int64_t kChunk = 1 << 15;

void run(Cpu, const Forward& pass, const Stream&) {
    const float* x = pass.x.data<float>();
    float* y = pass.y.data<float>();
    const auto& params = pass.params;
    parallel_for(pass.x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        activate_cpu(params, x + begin, y + begin, end - begin);
    });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const float *x = pass.x.data<float>(), *dy = pass.dy.data<float>();
    float* dx = pass.dx.data<float>();
    const auto& params = pass.params;
    parallel_for(pass.x.numel(), kChunk, [&](std::int64_t begin, std::int64_t end) {
        activation_gradient_cpu(params, x + begin, dy + begin, dx + begin, end - begin);
    });
}

// In this namespace, for tern has a N_NEON too, and where that is all there is nothing is chosen at run time.
void activate(const ActivationParams& params, const float* x, float* y, std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(values)(params, x, y, count);
}

void gradient(const ActivationParams& params, const float* x, const float* dy, float* dx,
              std::int64_t count) {
    HWY_DYNAMIC_DISPATCH(gradients)(params, x, dy, dx, count);
}

}  // namespace activation_passes

void activate_cpu(const ActivationParams& params, const float* x, float* y, std::int64_t count) {
    activation_passes::activate(params, x, y, count);
}

void activation_gradient_cpu(const ActivationParams& params, const float* x, const float* dy, float* dx,
                             std::int64_t count) {
    activation_passes::gradient(params, x, dy, dx, count);
}

}  // namespace tern
#endif
