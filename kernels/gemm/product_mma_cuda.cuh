// The blocked matrix product on tensor cores, for bfloat16 and float16 with float32 sums. A block of four
// warps makes a tile of C; 32 steps of depth at a time are fetched into registers while the ones before are
// multiplied from shared memory, two buffers by turns.
#pragma once

#include "tern/core/cuda/device/mma.cuh"
#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/gemm/product_fma_cuda.cuh"

namespace tern::gemm {

/// A tile of 2 x 2 warps, each with R by C products of 16 x 8.
template <int row_products, int column_products>
struct MmaTile {
    static constexpr int kRowProducts = row_products, kColumnProducts = column_products;
    static constexpr int kRows = 2 * 16 * kRowProducts, kColumns = 2 * 8 * kColumnProducts;
    static constexpr int kDepth = 32;
};
// What registers allow without spilling: blocks on a multiprocessor.
inline constexpr int kMmaBlocks = 2;
using MmaWide = MmaTile<4, 4>;    // 128 x 64
using MmaSquare = MmaTile<2, 4>;  // 64 x 64

namespace mma {

using cuda::Pack;

inline constexpr int kLine = MmaWide::kDepth;  // elements of an outer index in a buffer

// Where step k of outer index i lies in a buffer [outer][kLine]. An outer index has four packs of 8 steps,
// half the banks. The exclusive ors spread them so that eight neighbouring outer indices meet no bank twice
// when fragments are read or packs stored; nor do, with pairs of steps stored, two of them eight apart.
__device__ __forceinline__ int index(int i, int k) {
    const int line = i ^ (i / 8 & 1);
    return line * kLine + ((k / 8 ^ (line / 2 & 3)) * 8 | k % 8);
}

/// A thread's share of an operand's tile.
template <class Operand, int V, int kOuters>
class Share {
    using T = typename Operand::Element;
    static constexpr bool kAlong = Operand::kAlongDepth;
    // Packs that follow the outer index are fetched for two steps at once, so that pairs of steps, a word,
    // can be stored.
    static constexpr bool kPairs = !kAlong && V > 1;
    static constexpr int kSteps = kPairs ? 2 : 1;
    // Units of kSteps packs; the first index runs along the lanes.
    static constexpr int kFirst = kAlong ? kLine / V : kPairs ? kLine / 2 : kOuters;
    static constexpr int kSecond = kThreads / kFirst;
    static constexpr int kSlots = kOuters * kLine / (V * kSteps * kThreads);
    static_assert(kFirst * kSecond == kThreads && kSlots >= 1);

    static __device__ int first() { return static_cast<int>(threadIdx.x) % kFirst; }
    static __device__ int second(int slot) { return static_cast<int>(threadIdx.x) / kFirst + slot * kSecond; }
    static __device__ int outer(int slot) {
        if constexpr (kAlong) return second(slot);
        return kPairs ? second(slot) * V : first();
    }
    static __device__ int step(int slot) {
        if constexpr (kAlong) return first() * V;
        return kPairs ? first() * 2 : second(slot);
    }

    static __device__ __forceinline__ Pack<T, V> pack(const Operand& operand, int first_outer, int first_step,
                                                      int slot, int i) {
        const auto place = operand.place(first_outer + outer(slot));
        const int offset = operand.at(place, first_step + step(slot) + i);
        if (offset >= 0) return cuda::load_pack<V>(operand.data + offset);
        Pack<T, V> zeros;
#pragma unroll
        for (int v = 0; v < V; ++v) zeros[v] = static_cast<T>(0.0f);
        return zeros;
    }

  public:
    __device__ __forceinline__ void fetch(const Operand& operand, int first_outer, int first_step) {
        if constexpr (V > 1) {  // single elements are copied when they are put, as in fma::Share
#pragma unroll
            for (int s = 0; s < kSlots; ++s)
#pragma unroll
                for (int i = 0; i < kSteps; ++i) packs_[s][i] = pack(operand, first_outer, first_step, s, i);
        }
    }

    /// The arguments are those of fetch(), and where to.
    __device__ __forceinline__ void put(const Operand& operand, int first_outer, int first_step,
                                        T* buffer) const {
        if constexpr (V == 1) {
#pragma unroll 4
            for (int s = 0; s < kSlots; ++s)
                buffer[index(outer(s), step(s))] = pack(operand, first_outer, first_step, s, 0)[0];
        } else if constexpr (kPairs) {
#pragma unroll
            for (int s = 0; s < kSlots; ++s)
#pragma unroll
                for (int v = 0; v < V; ++v) {
                    const Pack<T, 2> pair{{packs_[s][0][v], packs_[s][1][v]}};
                    cuda::store_pack<2>(buffer + index(outer(s) + v, step(s)), pair);
                }
        } else {
#pragma unroll
            for (int s = 0; s < kSlots; ++s)
                cuda::store_pack<V>(buffer + index(outer(s), step(s)), packs_[s][0]);
        }
    }

  private:
    Pack<T, V> packs_[V == 1 ? 1 : kSlots][kSteps];
};

/// The word of steps k, k + 1 of an outer index.
template <class T>
__device__ __forceinline__ std::uint32_t word(const T* buffer, int i, int k) {
    const Pack<T, 2> pair = cuda::load_pack<2>(buffer + index(i, k));
    return pair[0].bits | static_cast<std::uint32_t>(pair[1].bits) << 16;
}

/// The sums of one lane.
template <class Tile>
struct Sums {
    static constexpr int kRowProducts = Tile::kRowProducts, kColumnProducts = Tile::kColumnProducts;
    float values[kRowProducts][kColumnProducts][4] = {};

    static __device__ int warp() { return static_cast<int>(threadIdx.x) / 32; }
    static __device__ int group() { return static_cast<int>(threadIdx.x) % 32 / 4; }
    static __device__ int pair() { return static_cast<int>(threadIdx.x) % 4; }
    // Where a product of this warp begins.
    static __device__ int row(int product) { return (warp() / 2 * kRowProducts + product) * 16; }
    static __device__ int column(int product) { return (warp() % 2 * kColumnProducts + product) * 8; }

    template <class T>
    __device__ __forceinline__ void add(const T* a, const T* b) {
#pragma unroll
        for (int k = 0; k < Tile::kDepth; k += 16) {
            const int step = k + 2 * pair();
            std::uint32_t left[kRowProducts][4], right[kColumnProducts][2];
#pragma unroll
            for (int p = 0; p < kRowProducts; ++p)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    left[p][i] = word(a, row(p) + group() + i % 2 * 8, step + i / 2 * 8);
#pragma unroll
            for (int p = 0; p < kColumnProducts; ++p)
#pragma unroll
                for (int i = 0; i < 2; ++i) right[p][i] = word(b, column(p) + group(), step + i * 8);
#pragma unroll
            for (int p = 0; p < kRowProducts; ++p)
#pragma unroll
                for (int q = 0; q < kColumnProducts; ++q)
                    cuda::mma_m16n8k16<T>(values[p][q], left[p], right[q]);
        }
    }
};

}  // namespace mma

template <class Tile, int V, class A, class B, class R>
__global__ void __launch_bounds__(kThreads, kMmaBlocks)
    product_mma_kernel(A a, B b, cuda::BlockMerge<MergeSplits<R>> merge, Extents extents) {
    const Output<R>& output = merge.merge.output;
    using T = typename A::Element;
    using Octet = cuda::Pack<T, 8>;
    constexpr int kDepth = Tile::kDepth, kSizeA = kDepth * Tile::kRows, kSizeB = kDepth * Tile::kColumns;
    TERN_SHARED(Octet, octets_a, 2 * kSizeA / 8);  // two buffers of each
    TERN_SHARED(Octet, octets_b, 2 * kSizeB / 8);
    T* const shared_a = reinterpret_cast<T*>(octets_a);
    T* const shared_b = reinterpret_cast<T*>(octets_b);

    const int column_tiles = (extents.columns + Tile::kColumns - 1) / Tile::kColumns;
    const int first_row = static_cast<int>(blockIdx.x) / column_tiles * Tile::kRows;
    const int first_column = static_cast<int>(blockIdx.x) % column_tiles * Tile::kColumns;
    const int group = static_cast<int>(blockIdx.y);
    const int begin = static_cast<int>(blockIdx.z) * extents.split_depth;
    const int end = min(extents.depth, begin + extents.split_depth);
    a.select_group(group);
    b.select_group(group);

    mma::Share<A, V, Tile::kRows> share_a;
    mma::Share<B, V, Tile::kColumns> share_b;
    mma::Sums<Tile> sums;
    // Whole warps have nothing to do where the tile reaches over an edge.
    const bool busy =
        first_row + sums.row(0) < extents.rows && first_column + sums.column(0) < extents.columns;
    share_a.fetch(a, first_row, begin);
    share_b.fetch(b, first_column, begin);
    int buffer = 0;
#pragma unroll 1  // two copies of this loop spill registers
    for (int k = begin; k < end; k += kDepth) {
        share_a.put(a, first_row, k, shared_a + buffer * kSizeA);
        share_b.put(b, first_column, k, shared_b + buffer * kSizeB);
        __syncthreads();  // this buffer is filled, and the other one, which comes next, has been read
        if (k + kDepth < end) {
            share_a.fetch(a, first_row, k + kDepth);
            share_b.fetch(b, first_column, k + kDepth);
        }
        if (busy) sums.add(shared_a + buffer * kSizeA, shared_b + buffer * kSizeB);
        buffer ^= 1;
    }
#pragma unroll
    for (int p = 0; p < Tile::kRowProducts; ++p) {
#pragma unroll
        for (int q = 0; q < Tile::kColumnProducts; ++q) {
            const int row = first_row + sums.row(p) + sums.group();
            const int column = first_column + sums.column(q) + 2 * sums.pair();
            const float upper[2] = {sums.values[p][q][0], sums.values[p][q][1]};
            const float lower[2] = {sums.values[p][q][2], sums.values[p][q][3]};
            output.store(group, row, column, upper);
            output.store(group, row + 8, column, lower);
        }
    }
    merge.finish_block(
        static_cast<int>(blockIdx.z), static_cast<int>(blockIdx.y * gridDim.x + blockIdx.x),
        TileSpan<Tile::kRows, Tile::kColumns>{group, first_row, first_column, extents.rows, extents.columns});
}

}  // namespace tern::gemm
