// The blocked matrix product in float32 multiply-adds, for every element type. A block of 128 threads makes a
// tile of C; 16 steps of depth at a time are fetched into registers while the ones before are multiplied from
// shared memory, two buffers by turns.
#pragma once

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/gemm/operand_cuda.cuh"
#include "tern/kernels/gemm/output_cuda.cuh"

namespace tern::gemm {

inline constexpr int kThreads = 128;  // of a block, for both kinds of products

/// What a product is apart from its operands. A grid is (tiles, groups, splits).
struct Extents {
    int rows, columns, depth;
    int split_depth;  // of each split but the last; a multiple of every kernel's steps
};

/// A tile of (4 R TY) rows by (4 C TX) columns: each of TY by TX threads owns R by C patches of 4 x 4.
template <int row_patches, int column_patches, int thread_columns>
struct FmaTile {
    static constexpr int kRowPatches = row_patches, kColumnPatches = column_patches;
    static constexpr int kThreadColumns = thread_columns, kThreadRows = kThreads / thread_columns;
    static constexpr int kRows = 4 * kRowPatches * kThreadRows;
    static constexpr int kColumns = 4 * kColumnPatches * kThreadColumns;
    static constexpr int kDepth = 16;
};
// What registers allow without spilling: blocks on a multiprocessor.
inline constexpr int kFmaBlocks = 3;
using FmaWide = FmaTile<2, 2, 8>;     // 128 x 64: 64 multiply-adds for 4 loads of 16 bytes
using FmaSquare = FmaTile<2, 1, 16>;  // 64 x 64: for the few rows of a weight's gradient

namespace fma {

using cuda::Pack;
using Quad = Pack<float, 4>;

// Where step k of outer index i lies in a buffer [kDepth][kOuters]. Four threads that store the four packs of
// an outer index would meet in one bank; the exclusive or spreads them over all 32, and keeps quads together.
template <int kOuters>
__device__ __forceinline__ int index(int k, int i) {
    return k * kOuters + (i ^ k / 4 % 4 * 8);
}

/// A thread's share of an operand's tile, in packs of V elements. Single elements (V = 1) would take up to 32
/// registers and as many addresses: they are copied when they are put.
template <class Operand, int V, int kOuters, int kDepth>
class Share {
    using T = typename Operand::Element;
    using Own = TileShare<Operand, V, kOuters, kDepth, kThreads>;

    static __device__ __forceinline__ Pack<T, V> pack(const Operand& operand, int first_outer, int first_step,
                                                      int slot) {
        const int offset = Own::offset(operand, first_outer, first_step, slot);
        if (offset >= 0) return cuda::load_pack<V>(operand.data + offset);
        Pack<T, V> zeros;
#pragma unroll
        for (int v = 0; v < V; ++v) zeros[v] = static_cast<T>(0.0f);
        return zeros;
    }

  public:
    __device__ __forceinline__ void fetch(const Operand& operand, int first_outer, int first_step) {
        if constexpr (V > 1) {
#pragma unroll
            for (int s = 0; s < Own::kSlots; ++s) packs_[s] = pack(operand, first_outer, first_step, s);
        }
    }

    /// The arguments are those of fetch(), and where to.
    __device__ __forceinline__ void put(const Operand& operand, int first_outer, int first_step,
                                        float* buffer) const {
        if constexpr (V == 1) {
#pragma unroll 4
            for (int s = 0; s < Own::kSlots; ++s)
                buffer[index<kOuters>(Own::step(s), Own::outer(s))] =
                    static_cast<float>(pack(operand, first_outer, first_step, s)[0]);
        } else if constexpr (Own::kAlong) {
#pragma unroll
            for (int s = 0; s < Own::kSlots; ++s)
#pragma unroll
                for (int v = 0; v < V; ++v)
                    buffer[index<kOuters>(Own::side() + v, Own::line(s))] = static_cast<float>(packs_[s][v]);
        } else {
#pragma unroll
            for (int s = 0; s < Own::kSlots; ++s)
#pragma unroll
                for (int v = 0; v < V; v += 4) {
                    Quad quad;
                    for (int i = 0; i < 4; ++i) quad[i] = static_cast<float>(packs_[s][v + i]);
                    cuda::store_pack<4>(buffer + index<kOuters>(Own::line(s), Own::side() + v), quad);
                }
        }
    }

  private:
    Pack<T, V> packs_[V == 1 ? 1 : Own::kSlots];
};

/// The sums of one thread.
template <class Tile>
struct Sums {
    static constexpr int kRowPatches = Tile::kRowPatches, kColumnPatches = Tile::kColumnPatches;
    float values[kRowPatches * 4][kColumnPatches * 4] = {};

    // Where patch p of this thread begins: a multiple of 32 after patch 0, so that index() of the one is
    // index() of the other plus a constant.
    static constexpr int kRowStep = 4 * Tile::kThreadRows, kColumnStep = 4 * Tile::kThreadColumns;
    static_assert(kRowStep % 32 == 0 && kColumnStep % 32 == 0);
    static __device__ int row(int p) {
        return p * kRowStep + static_cast<int>(threadIdx.x) / Tile::kThreadColumns * 4;
    }
    static __device__ int column(int p) {
        return p * kColumnStep + static_cast<int>(threadIdx.x) % Tile::kThreadColumns * 4;
    }

    __device__ __forceinline__ void add(const float* a, const float* b) {
#pragma unroll
        for (int k = 0; k < Tile::kDepth; ++k) {
            Quad left[kRowPatches], right[kColumnPatches];
#pragma unroll
            for (int p = 0; p < kRowPatches; ++p)
                left[p] = cuda::load_pack<4>(a + index<Tile::kRows>(k, row(0)) + p * kRowStep);
#pragma unroll
            for (int p = 0; p < kColumnPatches; ++p)
                right[p] = cuda::load_pack<4>(b + index<Tile::kColumns>(k, column(0)) + p * kColumnStep);
#pragma unroll
            for (int i = 0; i < 4 * kRowPatches; ++i)
#pragma unroll
                for (int j = 0; j < 4 * kColumnPatches; ++j)
                    values[i][j] += left[i / 4][i % 4] * right[j / 4][j % 4];
        }
    }
};

}  // namespace fma

template <class Tile, int V, class A, class B, class R>
__global__ void __launch_bounds__(kThreads, kFmaBlocks)
    product_fma_kernel(A a, B b, cuda::BlockMerge<MergeSplits<R>> merge, Extents extents) {
    const Output<R>& output = merge.merge.output;
    using fma::Quad;
    constexpr int kDepth = Tile::kDepth, kSizeA = kDepth * Tile::kRows, kSizeB = kDepth * Tile::kColumns;
    TERN_SHARED(Quad, quads_a, 2 * kSizeA / 4);  // two buffers of each
    TERN_SHARED(Quad, quads_b, 2 * kSizeB / 4);
    float* const shared_a = reinterpret_cast<float*>(quads_a);
    float* const shared_b = reinterpret_cast<float*>(quads_b);

    const int column_tiles = (extents.columns + Tile::kColumns - 1) / Tile::kColumns;
    const int first_row = static_cast<int>(blockIdx.x) / column_tiles * Tile::kRows;
    const int first_column = static_cast<int>(blockIdx.x) % column_tiles * Tile::kColumns;
    const int group = static_cast<int>(blockIdx.y);
    const int begin = static_cast<int>(blockIdx.z) * extents.split_depth;
    const int end = min(extents.depth, begin + extents.split_depth);
    a.select_group(group);
    b.select_group(group);

    fma::Share<A, V, Tile::kRows, kDepth> share_a;
    fma::Share<B, V, Tile::kColumns, kDepth> share_b;
    fma::Sums<Tile> sums;
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
        sums.add(shared_a + buffer * kSizeA, shared_b + buffer * kSizeB);
        buffer ^= 1;
    }
#pragma unroll
    for (int i = 0; i < 4 * Tile::kRowPatches; ++i) {
#pragma unroll
        for (int p = 0; p < Tile::kColumnPatches; ++p) {
            const int row = first_row + sums.row(i / 4) + i % 4, column = first_column + sums.column(p);
            const float quad[4] = {sums.values[i][4 * p], sums.values[i][4 * p + 1],
                                   sums.values[i][4 * p + 2], sums.values[i][4 * p + 3]};
            output.store(group, row, column, quad);
        }
    }
    merge.finish_block(
        static_cast<int>(blockIdx.z), static_cast<int>(blockIdx.y * gridDim.x + blockIdx.x),
        TileSpan<Tile::kRows, Tile::kColumns>{group, first_row, first_column, extents.rows, extents.columns});
}

}  // namespace tern::gemm
