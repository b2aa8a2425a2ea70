// Vectors of bytes and of their sums. Highway compiles this once per instruction set, hence the toggle.
#if defined(TERN_KERNELS_GEMM_BYTES_CPU) == defined(HWY_TARGET_TOGGLE)
#ifdef TERN_KERNELS_GEMM_BYTES_CPU
#undef TERN_KERNELS_GEMM_BYTES_CPU
#else
#define TERN_KERNELS_GEMM_BYTES_CPU
#endif

#include <cstdint>
#include <cstring>
#include <type_traits>

#include <hwy/highway.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "tern/kernels/gemm/bytes.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::gemm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::ScalableTag<std::int32_t>;
using Floats = hn::ScalableTag<float>;
using IntVector = hn::Vec<Ints>;

/// Vectors of sums whose bytes fill a vector.
inline constexpr int kSums = 4;
/// Their sums: 64 with AVX-512, 32 with AVX2, 16 on ARM.
HWY_INLINE std::int64_t step_of_bytes() { return kSums * static_cast<std::int64_t>(hn::Lanes(Ints())); }

// ARM's vectors of 128 bits: NEON, whatever Highway's sets of it are called.
#undef TERN_BYTES_NEON
#define TERN_BYTES_NEON (HWY_ARCH_ARM_A64 && HWY_TARGET != HWY_SCALAR)

/// Calls function(constant: whether AVX-512 VNNI is there).
template <class F>
void with_vnni(F function) {
#if HWY_TARGET == HWY_AVX3
    if (byte_instructions().vnni) return function(std::true_type());
#endif
    function(std::false_type());
}

/// sums[i] + the four products of bytes x[4 i + k], unsigned, and w[4 i + k], signed. Without VNNI in 16 bits each: maddubs
/// would add two of them there, and 2 * 255 * 127 does not fit.
template <bool kVnni>
HWY_INLINE IntVector add_products(IntVector sums, IntVector x, IntVector w) {
#if HWY_TARGET == HWY_AVX3
    if constexpr (kVnni) {  // which this Highway has no instruction set with
        asm("vpdpbusd %2, %1, %0" : "+v"(sums.raw) : "v"(x.raw), "v"(w.raw));
        return sums;
    }
#endif
#if HWY_TARGET == HWY_SCALAR
    auto sum = static_cast<std::uint32_t>(sums.raw);
    for (int shift = 0; shift < 32; shift += 8)
        sum += static_cast<std::uint32_t>((x.raw >> shift & 0xff) *
                                          static_cast<std::int8_t>(w.raw >> shift & 0xff));
    sums.raw = static_cast<std::int32_t>(sum);
    return sums;
#else
    const hn::Repartition<std::int16_t, Ints> d16;
    const hn::Repartition<std::uint16_t, Ints> du16;
    const auto x16 = hn::BitCast(du16, x);
    const auto even_x = hn::BitCast(d16, hn::And(x16, hn::Set(du16, 0xff)));
    const auto odd_x = hn::BitCast(d16, hn::ShiftRight<8>(x16));
    const auto w16 = hn::BitCast(d16, w);
    const auto even_w = hn::ShiftRight<8>(hn::ShiftLeft<8>(w16)), odd_w = hn::ShiftRight<8>(w16);
#if TERN_BYTES_NEON  // one product fits: 255 * -128
    return IntVector{vpadalq_s16(vpadalq_s16(sums.raw, vmulq_s16(even_x.raw, even_w.raw)),
                                 vmulq_s16(odd_x.raw, odd_w.raw))};
#else
#if HWY_TARGET == HWY_AVX3
    const auto even = IntVector{_mm512_madd_epi16(even_x.raw, even_w.raw)},
               odd = IntVector{_mm512_madd_epi16(odd_x.raw, odd_w.raw)};
#elif HWY_TARGET == HWY_AVX2
    const auto even = IntVector{_mm256_madd_epi16(even_x.raw, even_w.raw)},
               odd = IntVector{_mm256_madd_epi16(odd_x.raw, odd_w.raw)};
#else
    const Ints d;
    const auto pairs = [&](auto a, auto b) HWY_ATTR {
        const auto a32 = hn::BitCast(d, a), b32 = hn::BitCast(d, b);
        const auto low = [](auto v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
        return hn::Add(hn::Mul(low(a32), low(b32)),
                       hn::Mul(hn::ShiftRight<16>(a32), hn::ShiftRight<16>(b32)));
    };
    const auto even = pairs(even_x, even_w), odd = pairs(odd_x, odd_w);
#endif
    return hn::Add(sums, hn::Add(even, odd));
#endif
#endif
}

/// Quads side by side, one for each sum.
HWY_INLINE IntVector quads_at(const void* quads) {
#if HWY_TARGET == HWY_SCALAR
    IntVector vector;
    std::memcpy(&vector.raw, quads, sizeof vector.raw);
    return vector;
#else
    return hn::BitCast(
        Ints(), hn::LoadU(hn::Repartition<std::uint8_t, Ints>(), static_cast<const std::uint8_t*>(quads)));
#endif
}

/// The quad at `bytes`, for every sum.
HWY_INLINE IntVector quad_at(const std::uint8_t* bytes) {
    std::int32_t quad;
    std::memcpy(&quad, bytes, sizeof quad);
    return hn::Set(Ints(), quad);
}

/// sums * multiplier, rounded.
HWY_INLINE hn::Vec<Floats> scaled(IntVector sums, const float* multiplier) {
    return hn::Mul(hn::ConvertTo(Floats(), sums), hn::LoadU(Floats(), multiplier));
}

using FloatVector = hn::Vec<Floats>;

#if HWY_TARGET == HWY_AVX3
/// min(max(number, -zero), 255 - zero) rounded to nearest even, plus `zero`; x86 packs by blocks of 128 bits. What is far
/// below becomes the smallest integer, and so 0.
HWY_INLINE __m512i packed_in_blocks(const FloatVector (&numbers)[kSums], int zero) {
    const __m512 high = _mm512_set1_ps(static_cast<float>(255 - zero));
    const __m512i shift = _mm512_set1_epi16(static_cast<short>(zero));
    __m512i whole[kSums];
    for (int v = 0; v < kSums; ++v) whole[v] = _mm512_cvtps_epi32(_mm512_min_ps(high, numbers[v].raw));
    return _mm512_packus_epi16(_mm512_adds_epi16(_mm512_packs_epi32(whole[0], whole[1]), shift),
                               _mm512_adds_epi16(_mm512_packs_epi32(whole[2], whole[3]), shift));
}
#elif HWY_TARGET == HWY_AVX2
HWY_INLINE __m256i packed_in_blocks(const FloatVector (&numbers)[kSums], int zero) {
    const __m256 high = _mm256_set1_ps(static_cast<float>(255 - zero));
    const __m256i shift = _mm256_set1_epi16(static_cast<short>(zero));
    __m256i whole[kSums];
    for (int v = 0; v < kSums; ++v) whole[v] = _mm256_cvtps_epi32(_mm256_min_ps(high, numbers[v].raw));
    return _mm256_packus_epi16(_mm256_adds_epi16(_mm256_packs_epi32(whole[0], whole[1]), shift),
                               _mm256_adds_epi16(_mm256_packs_epi32(whole[2], whole[3]), shift));
}
#elif TERN_BYTES_NEON
/// The same. A vector is one block, and each step keeps what is far away at its end.
HWY_INLINE uint8x16_t packed_in_blocks(const FloatVector (&numbers)[kSums], int zero) {
    const int16x8_t shift = vdupq_n_s16(static_cast<std::int16_t>(zero));
    int16x8_t whole[kSums / 2];
    for (int v = 0; v < kSums; v += 2)
        whole[v / 2] = vqaddq_s16(vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(numbers[v].raw)),
                                               vqmovn_s32(vcvtnq_s32_f32(numbers[v + 1].raw))),
                                  shift);
    return vcombine_u8(vqmovun_s16(whole[0]), vqmovun_s16(whole[1]));
}
#endif

/// Writes numbers as bytes, rounded as Requantize says, in blocks of 128 bits: of the first block of each vector, of the
/// second, ...
HWY_INLINE void store_in_blocks(const FloatVector (&numbers)[kSums], int zero, std::uint8_t* to) {
#if HWY_TARGET == HWY_AVX3
    _mm512_storeu_si512(to, packed_in_blocks(numbers, zero));
#elif HWY_TARGET == HWY_AVX2
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), packed_in_blocks(numbers, zero));
#elif TERN_BYTES_NEON
    vst1q_u8(to, packed_in_blocks(numbers, zero));
#else
    static_assert(hn::MaxLanes(Ints()) <= 4);  // there is one block
    const Floats d;
    const Ints di;
    constexpr float kShift = 0x1.8p23F;  // 3 * 2^22 added leaves no place for fractions
    constexpr std::int32_t kBits = 0x4b400000;
    const hn::Rebind<std::uint8_t, Ints> quarter;
    for (int v = 0; v < kSums; ++v) {
        const auto kept = hn::Min(hn::Max(numbers[v], hn::Set(d, static_cast<float>(-zero))),
                                  hn::Set(d, static_cast<float>(255 - zero)));
        const auto bits = hn::BitCast(di, hn::Add(kept, hn::Set(d, kShift)));
        hn::StoreU(hn::DemoteTo(quarter, hn::Sub(bits, hn::Set(di, kBits - zero))), quarter,
                   to + v * hn::MaxLanes(di));
    }
#endif
}

/// The same, one vector behind the other.
HWY_INLINE void store_bytes(const FloatVector (&numbers)[kSums], int zero, std::uint8_t* to) {
#if HWY_TARGET == HWY_AVX3
    const auto order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, packed_in_blocks(numbers, zero)));
#elif HWY_TARGET == HWY_AVX2
    const auto order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm256_permutevar8x32_epi32(packed_in_blocks(numbers, zero), order));
#else
    store_in_blocks(numbers, zero, to);
#endif
}

}  // namespace tern::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
