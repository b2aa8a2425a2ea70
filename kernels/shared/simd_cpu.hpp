// What the SIMD files share. Highway compiles this once per instruction set, hence the toggle instead of
// `#pragma once`.
#if defined(TERN_KERNELS_SIMD_CPU) == defined(HWY_TARGET_TOGGLE)
#ifdef TERN_KERNELS_SIMD_CPU
#undef TERN_KERNELS_SIMD_CPU
#else
#define TERN_KERNELS_SIMD_CPU
#endif

#include <cstdint>
#include <type_traits>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tern::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls function(tag, index) for vectors of float that cover [0, count): whole ones, half of one, and the last
/// ones one by one. 24 channels are 1.5 vectors of AVX-512.
template <class F>
void for_each_vector(std::int64_t count, F function) {
    const hn::ScalableTag<float> d;
    const hn::CappedTag<float, 1> one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) function(d, i);
    if constexpr (hn::MaxLanes(d) > 8) {
        const hn::Half<decltype(d)> half;
        if (i + lanes / 2 <= count) {
            function(half, i);
            i += lanes / 2;
        }
    }
    for (; i < count; ++i) function(one, i);
}

/// Calls function(tag, integral constant: vectors, index): kCount vectors at a time, the last ones one by
/// one.
template <int kCount, class F>
void for_each_group(std::int64_t count, F function) {
    const hn::ScalableTag<float> d;
    const auto width = kCount * static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t whole = count / width * width;
    for (std::int64_t i = 0; i < whole; i += width) function(d, std::integral_constant<int, kCount>(), i);
    for_each_vector(count - whole, [&](auto tag, std::int64_t i) {
        function(tag, std::integral_constant<int, 1>(), whole + i);
    });
}

/// Calls function(0), function(1), ... with constants: an array that only constants index lives in registers.
template <int kCount, class F>
HWY_INLINE void unrolled(F function) {
    [&]<int... kIndices>(std::integer_sequence<int, kIndices...>) HWY_ATTR {
        (function(std::integral_constant<int, kIndices>()), ...);
    }
    (std::make_integer_sequence<int, kCount>());
}

/// What activation_cpu.cpp has for relu: a NaN stays. x86 takes the second of Max() where one is a NaN, ARM
/// the NaN: one instruction in the place of two, which was 4 % of the forward pass of a model.
template <class D>
HWY_INLINE hn::Vec<D> relu(D d, hn::Vec<D> x) {
#if HWY_ARCH_X86 || HWY_ARCH_ARM
    return hn::Max(hn::Zero(d), x);
#else
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
#endif
}

}  // namespace tern::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
