// Vector functions made of exp. Highway compiles this once per instruction set, hence the toggle instead of
// `#pragma once`.
#if defined(TERN_KERNELS_EXP_CPU) == defined(HWY_TARGET_TOGGLE)
#ifdef TERN_KERNELS_EXP_CPU
#undef TERN_KERNELS_EXP_CPU
#else
#define TERN_KERNELS_EXP_CPU
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tern::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// e^x within 1 ulp; infinity above 88.73, 0 below -104, a NaN stays. (Highway's Exp() is wild above 104 and
/// has 0 for a NaN.)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
    const V power = hn::Exp(d, hn::Min(x, hn::Set(d, 89.0f)));
    return hn::IfThenElse(hn::IsNaN(x), x, power);
}

/// 1 / (1 + e^-x) and what it is of -x, which 1 - s would lose where s is near 1.
template <class V>
struct Logistic {
    V of_x, of_negative_x;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Logistic<V> logistic(D d, V x) {
    const V one = hn::Set(d, 1.0f), power = exponential(d, hn::Neg(hn::Abs(x)));
    const V large = hn::Div(one, hn::Add(one, power)), small = hn::Mul(power, large);
    const auto negative = hn::Lt(x, hn::Zero(d));
    return {hn::IfThenElse(negative, small, large), hn::IfThenElse(negative, large, small)};
}

/// The normal distribution at x: its density, and the probability below x.
template <class V>
struct Normal {
    V density, below;
};
/// The probability beyond |x| is e^(-x^2 / 2) t P(t), t = 1 / (1 + 0.26 |x|): the form of Abramowitz and
/// Stegun, 7.1.26, with a polynomial of degree 8 fitted by Lawson's algorithm over |x| < 14.5, where float ends:
/// relative error 2.8e-8. Small probabilities keep their digits, which 1 + erf(x) loses.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Normal<V> normal(D d, V x) {
    constexpr float kPolynomial[] = {0.10375702210326596f, 0.10305097392724391f,  0.10278868204084624f,
                                     0.05196482094319381f, 0.15875876360041574f,  -0.14778934897604903f,
                                     0.24873320937879245f, -0.15149443825511877f, 0.03023030119835501f};
    const V one = hn::Set(d, 1.0f);
    const V t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.26f), hn::Abs(x), one));
    V sum = hn::Set(d, kPolynomial[8]);
    for (int i = 7; i >= 0; --i) sum = hn::MulAdd(sum, t, hn::Set(d, kPolynomial[i]));
    const V power = exponential(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5f)));
    const V beyond = hn::Mul(power, hn::Mul(t, sum));
    return {hn::Mul(power, hn::Set(d, 0.39894228040143268f)),  // 1 / sqrt(2 pi)
            hn::IfThenElse(hn::Lt(x, hn::Zero(d)), beyond, hn::Sub(one, beyond))};
}

}  // namespace tern::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
