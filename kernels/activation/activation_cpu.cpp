// 8 bytes of traffic per element: memory bounds the piecewise functions. The others are an exp and a division
// or two, all in vectors.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/activation/activation_cpu.cpp"
#include "tern/kernels/activation/activation_cpu.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/activation/activation_functions.hpp"
#include "tern/kernels/activation/activation_passes.hpp"
#include "tern/kernels/shared/exp_cpu.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::activation_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::exponential, tern::HWY_NAMESPACE::logistic, tern::HWY_NAMESPACE::normal,
    tern::HWY_NAMESPACE::for_each_vector;

// 2 u of gelu_tanh: (1 + tanh(u)) / 2 is the logistic function of it.
template <class D, class V = hn::Vec<D>>
V twice_gelu_argument(D d, V x) {
    using namespace activation_detail;
    const V inner = hn::MulAdd(hn::Mul(x, x), hn::Set(d, static_cast<float>(kGeluCubic)), hn::Set(d, 1.0f));
    return hn::Mul(hn::Mul(hn::Set(d, static_cast<float>(2 * kRootTwoOverPi)), x), inner);
}

// The vector forms of activated() and activation_gradient().
template <Activation kActivation, class D, class V = hn::Vec<D>>
V value(D d, V x, V parameter) {
    using enum Activation;
    const V zero = hn::Zero(d), three = hn::Set(d, 3.0f), six = hn::Set(d, 6.0f);
    const auto negative = hn::Lt(x, zero);
    if constexpr (kActivation == none) return x;
    if constexpr (kActivation == relu) return hn::IfThenZeroElse(negative, x);
    if constexpr (kActivation == relu6)
        return hn::IfThenElse(hn::Gt(x, six), six, hn::IfThenZeroElse(negative, x));
    if constexpr (kActivation == leaky_relu) return hn::IfThenElse(negative, hn::Mul(parameter, x), x);
    if constexpr (kActivation == elu)
        return hn::IfThenElse(negative, hn::Mul(parameter, hn::Expm1(d, hn::Min(x, zero))), x);
    if constexpr (kActivation == gelu) return hn::Mul(x, normal(d, x).below);
    if constexpr (kActivation == gelu_tanh) return hn::Mul(x, logistic(d, twice_gelu_argument(d, x)).of_x);
    if constexpr (kActivation == silu) return hn::Mul(x, logistic(d, x).of_x);
    if constexpr (kActivation == sigmoid) return logistic(d, x).of_x;
    if constexpr (kActivation == Activation::tanh) return hn::IfThenElse(hn::IsNaN(x), x, hn::Tanh(d, x));
    if constexpr (kActivation == hard_swish) {
        const V middle = hn::Mul(hn::Mul(x, hn::Add(x, three)), hn::Set(d, 1.0f / 6));
        return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), hn::IfThenElse(hn::Ge(x, three), x, middle));
    }
}

template <Activation kActivation, class D, class V = hn::Vec<D>>
V gradient(D d, V x, V dy, V parameter) {
    using namespace activation_detail;
    using enum Activation;
    const V zero = hn::Zero(d), one = hn::Set(d, 1.0f), three = hn::Set(d, 3.0f), six = hn::Set(d, 6.0f);
    const auto below = hn::Le(x, zero);
    if constexpr (kActivation == none) return dy;
    if constexpr (kActivation == relu) return hn::IfThenZeroElse(below, dy);
    if constexpr (kActivation == relu6) return hn::IfThenZeroElse(hn::Or(below, hn::Ge(x, six)), dy);
    if constexpr (kActivation == leaky_relu) return hn::IfThenElse(below, hn::Mul(parameter, dy), dy);
    if constexpr (kActivation == elu) {
        const V slope = hn::Mul(parameter, exponential(d, hn::Min(x, zero)));
        return hn::IfThenElse(below, hn::Mul(slope, dy), dy);
    }
    if constexpr (kActivation == gelu) {
        const auto at = normal(d, x);
        return hn::Mul(dy, hn::MulAdd(x, at.density, at.below));
    }
    if constexpr (kActivation == gelu_tanh) {
        const auto s = logistic(d, twice_gelu_argument(d, x));
        const V cubic = hn::Set(d, static_cast<float>(3 * kGeluCubic));
        const V inner = hn::Mul(hn::Set(d, static_cast<float>(2 * kRootTwoOverPi)),
                                hn::MulAdd(hn::Mul(x, x), cubic, one));
        return hn::Mul(dy, hn::MulAdd(hn::Mul(hn::Mul(x, s.of_x), s.of_negative_x), inner, s.of_x));
    }
    if constexpr (kActivation == silu) {
        const auto s = logistic(d, x);
        return hn::Mul(dy, hn::MulAdd(hn::Mul(x, s.of_x), s.of_negative_x, s.of_x));
    }
    if constexpr (kActivation == sigmoid) {
        const auto s = logistic(d, x);
        return hn::Mul(dy, hn::Mul(s.of_x, s.of_negative_x));
    }
    if constexpr (kActivation == Activation::tanh) {  // 4 s(2x) s(-2x), for 1 - tanh(x)^2 would cancel
        const auto s = logistic(d, hn::Add(x, x));
        return hn::Mul(dy, hn::Mul(hn::Set(d, 4.0f), hn::Mul(s.of_x, s.of_negative_x)));
    }
    if constexpr (kActivation == hard_swish) {
        const V middle = hn::Mul(dy, hn::MulAdd(x, hn::Set(d, 1.0f / 3), hn::Set(d, 0.5f)));
        return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), hn::IfThenElse(hn::Ge(x, three), dy, middle));
    }
}

void values(const ActivationParams& params, const float* x, float* y, std::int64_t count) {
    const auto parameter = static_cast<float>(params.parameter());
    visit_activation(params.activation, [=]<Activation kActivation>() {
        for_each_vector(count, [=](auto d, std::int64_t i) {
            hn::StoreU(value<kActivation>(d, hn::LoadU(d, x + i), hn::Set(d, parameter)), d, y + i);
        });
    });
}

void gradients(const ActivationParams& params, const float* x, const float* dy, float* dx,
               std::int64_t count) {
    const auto parameter = static_cast<float>(params.parameter());
    visit_activation(params.activation, [=]<Activation kActivation>() {
        for_each_vector(count, [=](auto d, std::int64_t i) {
            const auto grad =
                gradient<kActivation>(d, hn::LoadU(d, x + i), hn::LoadU(d, dy + i), hn::Set(d, parameter));
            hn::StoreU(grad, d, dx + i);
        });
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
