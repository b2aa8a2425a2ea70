// Products of small matrices by a warp on tensor cores, for bfloat16 and float16 with float32 sums.
#pragma once

#include <cstdint>
#include <type_traits>

#include "tern/core/cuda/launch.hpp"
#include "tern/core/half.hpp"

namespace tern::cuda {

// mma.m16n8k16: D (16, 8) += A (16, 16) B (16, 8), spread over the lanes of a warp as the PTX ISA says
// ("Matrix Fragments for mma.m16n8k16 with floating point type"). With group = lane / 4 and pair = lane % 4:
//   A, 4 words of two elements: rows group, group + 8, group, group + 8; columns 2 pair and 2 pair + 1, for
//      words 2 and 3 plus 8
//   B, 2 words: rows 2 pair and 2 pair + 1, for word 1 plus 8; column group
//   D, 4 floats: rows group, group, group + 8, group + 8; columns 2 pair, 2 pair + 1, 2 pair, 2 pair + 1
// The element of the lower index is in the lower half of a word.

#ifdef TERN_HOST_RUN

namespace mma_detail {

struct FragmentA {
    std::uint32_t words[4];
};
struct FragmentB {
    std::uint32_t words[2];
};

template <class T>
float element(std::uint32_t word, int half) {
    T value;
    value.bits = static_cast<std::uint16_t>(word >> 16 * half);
    return static_cast<float>(value);
}

}  // namespace mma_detail

/// What the device does, but for the order and rounding of the 16 additions, which the ISA leaves open.
template <class T>
void mma_m16n8k16(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                  const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    const host_run::Where where{"mma_m16n8k16", file, line};
    const auto all_a =
        host_run::exchange(0xffffffffu, mma_detail::FragmentA{{a[0], a[1], a[2], a[3]}}, where);
    const auto all_b = host_run::exchange(0xffffffffu, mma_detail::FragmentB{{b[0], b[1]}}, where);
    const int group = host_run::lane_index() / 4, pair = host_run::lane_index() % 4;
    float rows[2][16], columns[2][16];  // of A and B, those that meet in this lane's four sums
    for (int k = 0; k < 16; ++k) {
        const int holder = k % 8 / 2, later = k / 8;
        for (int i = 0; i < 2; ++i) {
            const auto from_a = host_run::value_of<mma_detail::FragmentA>(all_a, group * 4 + holder);
            const auto from_b = host_run::value_of<mma_detail::FragmentB>(all_b, (2 * pair + i) * 4 + holder);
            rows[i][k] = mma_detail::element<T>(from_a.words[2 * later + i], k % 2);
            columns[i][k] = mma_detail::element<T>(from_b.words[later], k % 2);
        }
    }
    for (int i = 0; i < 4; ++i) {
        for (int k = 0; k < 16; ++k) d[i] += rows[i / 2][k] * columns[i % 2][k];
    }
}

#else

/// All 32 lanes must call it together. T: bfloat16 or float16.
template <class T>
__device__ __forceinline__ void mma_m16n8k16(float (&d)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
    static_assert(std::is_same_v<T, bfloat16> || std::is_same_v<T, float16>);
    if constexpr (std::is_same_v<T, bfloat16>) {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
}

#endif

}  // namespace tern::cuda
