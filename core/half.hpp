// The two 16-bit floating-point types, usable on host and device without a CUDA header.
// Conversions round to nearest even and keep NaN, infinities and subnormal numbers. A GPU (of compute
// capability 8.0 at least) has an instruction for each, which differs in the bits of a NaN alone; the code
// below is 7 to 20.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "tern/core/macros.hpp"

namespace tern {

namespace half_detail {

TERN_HOST_DEVICE inline std::uint32_t float_bits(float value) {
    std::uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

TERN_HOST_DEVICE inline float bits_float(std::uint32_t bits) {
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

TERN_HOST_DEVICE inline std::uint16_t bfloat16_from_float(float value) {
#if defined(__CUDA_ARCH__)
    std::uint16_t half;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
#else
    const std::uint32_t bits = float_bits(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x0040u);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
#endif
}

TERN_HOST_DEVICE inline std::uint16_t float16_from_float(float value) {
#if defined(__CUDA_ARCH__)
    std::uint16_t half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
#else
    const std::uint32_t bits = float_bits(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u;
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u)
        return static_cast<std::uint16_t>(sign | 0x7c00u);  // rounds to 65536 or more
    if (magnitude < 0x38800000u) {                          // below 2^-14: a subnormal, in units of 2^-24
        // Adding 0.5 leaves exactly those units in the low bits, rounded to nearest even by the adder.
        const float shifted = bits_float(magnitude) + 0.5f;
        return static_cast<std::uint16_t>(sign | (float_bits(shifted) - 0x3f000000u));
    }
    const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
#endif
}

TERN_HOST_DEVICE inline float float_from_float16(std::uint16_t half) {
#if defined(__CUDA_ARCH__)
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
#else
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1fu;
    const std::uint32_t mantissa = half & 0x3ffu;
    if (exponent == 0x1fu) return bits_float(sign | 0x7f800000u | (mantissa << 13));
    if (exponent != 0) return bits_float(sign | ((exponent + 112u) << 23) | (mantissa << 13));
    const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8f;  // 2^-24
    return sign ? -magnitude : magnitude;
#endif
}

}  // namespace half_detail

/// 8 exponent bits, 7 stored mantissa bits: the upper half of a float.
struct bfloat16 {
    std::uint16_t bits;

    bfloat16() = default;
    TERN_HOST_DEVICE explicit bfloat16(float value) : bits(half_detail::bfloat16_from_float(value)) {}
    TERN_HOST_DEVICE explicit bfloat16(double value) : bfloat16(static_cast<float>(value)) {}
    TERN_HOST_DEVICE operator float() const {  // NOLINT(google-explicit-constructor): as float does
        return half_detail::bits_float(static_cast<std::uint32_t>(bits) << 16);
    }
};

/// IEEE 754 binary16: 5 exponent bits, 10 stored mantissa bits.
struct float16 {
    std::uint16_t bits;

    float16() = default;
    TERN_HOST_DEVICE explicit float16(float value) : bits(half_detail::float16_from_float(value)) {}
    TERN_HOST_DEVICE explicit float16(double value) : float16(static_cast<float>(value)) {}
    TERN_HOST_DEVICE operator float() const {  // NOLINT(google-explicit-constructor): as float does
        return half_detail::float_from_float16(bits);
    }
};

static_assert(sizeof(bfloat16) == 2 && sizeof(float16) == 2);

}  // namespace tern
