// Products of small matrices by a warp on tensor cores, for bfloat16 and float16 with float32 sums.
#pragma once

#include <cstdint>
#include <type_traits>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/device/unknown.cuh"
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

//
// ldmatrix.x4: four matrices of 8 x 8 elements out of shared memory. Lane l names the row l % 8 of matrix l / 8: 8 elements that begin
// at a multiple of 16 bytes. With group and pair as above, word i of a lane has of matrix i
//   the elements 2 pair and 2 pair + 1 of row group; transposed: the elements `group` of rows 2 pair and 2 pair + 1

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

template <bool transposed, class T>
void load_matrices(std::uint32_t (&words)[4], const T* row, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
    const auto all = host_run::exchange(0xffffffffu, load_pack<8>(row), {"load_matrices", file, line});
    const int group = host_run::lane_index() / 4, pair = host_run::lane_index() % 4;
    for (int i = 0; i < 4; ++i) {
        words[i] = 0;
        for (int half = 0; half < 2; ++half) {
            const int step = 2 * pair + half;
            const auto held = host_run::value_of<Pack<T, 8>>(all, 8 * i + (transposed ? step : group));
            words[i] |= static_cast<std::uint32_t>(held[transposed ? group : step].bits) << 16 * half;
        }
    }
}

#else

/// All 32 lanes must call it together. T: bfloat16 or float16.
template <bool transposed, class T>
__device__ __forceinline__ void load_matrices(std::uint32_t (&words)[4], const T* row) {
    const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
    if constexpr (transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                     : "r"(address)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                     : "r"(address)
                     : "memory");
}

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

/// Which 8 neighbouring elements a lane names for a fragment: those from `first` on of a line of the matrix in memory.
struct MatrixLane {
    int line, first;
};

/// Of A (16, 16), whose lines in memory are its rows; transposed: its columns.
template <bool transposed>
__device__ __forceinline__ MatrixLane lane_of_a() {
    const int lane = unknown(static_cast<int>(threadIdx.x)) % 32;  // addresses are cheaper than registers
    if constexpr (transposed) return {lane % 8 + lane / 16 * 8, lane / 8 % 2 * 8};
    return {lane % 16, lane / 16 * 8};
}

/// Of two B (16, 8) side by side, whose lines in memory are their columns; transposed: their rows.
template <bool transposed>
__device__ __forceinline__ MatrixLane lane_of_b() {
    return lane_of_a<!transposed>();
}

/// sums += A B for M products below and N, an even number of them, beside each other, over 16 steps. a(m), b(n): what this
/// lane names for the product m, and for n and n + 1.
template <bool transposed_a, bool transposed_b, class T, int M, int N, class A, class B>
__device__ __forceinline__ void add_products(float (&sums)[M][N][4], A a, B b) {
    std::uint32_t left[M][4];
#pragma unroll
    for (int m = 0; m < M; ++m) {
        const T* const row = a(m);
        load_matrices<transposed_a>(left[m], row);
    }
#pragma unroll
    for (int n = 0; n < N; n += 2) {
        const T* const row = b(n);
        std::uint32_t both[4];
        load_matrices<transposed_b>(both, row);
        const std::uint32_t first[2] = {both[0], both[1]}, second[2] = {both[2], both[3]};
#pragma unroll
        for (int m = 0; m < M; ++m) {
            mma_m16n8k16<T>(sums[m][n], left[m], first);
            mma_m16n8k16<T>(sums[m][n + 1], left[m], second);
        }
    }
}

}  // namespace tern::cuda
