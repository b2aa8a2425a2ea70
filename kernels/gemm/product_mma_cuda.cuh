// The blocked matrix product on tensor cores, for bfloat16 and float16 with float32 sums. A block of four
// warps makes a tile of C, 32 steps of depth at a time: copies of the next two stages are under way to shared
// memory while one is multiplied from there, three buffers by turns.
#pragma once

#include "tern/core/cuda/device/async_copies.cuh"
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
inline constexpr int kMmaBlocks = 3;
using MmaWide = MmaTile<4, 4>;    // 128 x 64
using MmaSquare = MmaTile<2, 4>;  // 64 x 64

namespace mma {

inline constexpr int kLine = MmaWide::kDepth;  // elements of an outer index in a buffer
inline constexpr int kStages = 3;

// Where step k of outer index i lies in a buffer [outer][kLine]. An outer index has four packs of 8 steps,
// half the banks. The exclusive ors spread them so that eight neighbouring outer indices meet no bank twice
// when packs are read or stored.
__device__ __forceinline__ int index(int i, int k) {
    const int line = i ^ (i / 8 & 1);
    return line * kLine + ((k / 8 ^ (line / 2 & 3)) * 8 | k % 8);
}

/// Of a tile of kOuters by kLine, as its operand lies in memory.
template <bool along_depth, int kOuters>
struct Buffer {
    static constexpr bool kAlongDepth = along_depth;
    static constexpr int kSize = kOuters * kLine;

    static __device__ __forceinline__ int at(int outer, int step) {
        if constexpr (along_depth) return index(outer, step);
        // [kLine][kOuters], lines of 8 packs and more: eight neighbouring steps meet no bank twice
        return step * kOuters + ((outer / 8 ^ step % 8) * 8 | outer % 8);
    }
    /// at(outer + distance, step), from at(outer, step), for a multiple of 16 that has no bit in common with `outer`.
    static __device__ __forceinline__ int beside(int at, int distance) {
        return kAlongDepth ? at + distance * kLine : at ^ distance;
    }
};

/// Starts to copy a thread's share of an operand's tile; single elements (V = 1) are copied at once.
template <class Buffer, int V, int kOuters, class Operand>
__device__ __forceinline__ void start_tile(const Operand& operand, int first_outer, int first_step,
                                           typename Operand::Element* buffer, cuda::AsyncCopies& copies) {
    using T = typename Operand::Element;
    using Own = TileShare<Operand, V, kOuters, kLine, kThreads>;
    [[maybe_unused]] constexpr int kAtOnce = V == 1 ? 4 : Own::kSlots;
#pragma unroll kAtOnce
    for (int s = 0; s < Own::kSlots; ++s) {
        const int offset = Own::offset(operand, first_outer, first_step, s);
        T* const to = buffer + Buffer::at(Own::outer(s), Own::step(s));
        if constexpr (V == 1) {
            T value = static_cast<T>(0.0f);
            if (offset >= 0) value = operand.data[offset];
            *to = value;
        } else {
            copies.start(to, operand.data + max(offset, 0), offset >= 0);
        }
    }
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

    /// Where a lane reads the fragments of a stage.
    template <class BufferA, class BufferB>
    struct Places {
        static constexpr bool kTransposedA = !BufferA::kAlongDepth, kTransposedB = !BufferB::kAlongDepth;
        int a[kLine / 16], b[kLine / 16];

        __device__ Places() {
            const cuda::MatrixLane of_a = cuda::lane_of_a<kTransposedA>(),
                                   of_b = cuda::lane_of_b<kTransposedB>();
#pragma unroll
            for (int i = 0; i < kLine / 16; ++i) {
                a[i] = kTransposedA ? BufferA::at(row(0) + of_a.first, 16 * i + of_a.line)
                                    : BufferA::at(row(0) + of_a.line, 16 * i + of_a.first);
                b[i] = kTransposedB ? BufferB::at(column(0) + of_b.first, 16 * i + of_b.line)
                                    : BufferB::at(column(0) + of_b.line, 16 * i + of_b.first);
            }
        }
    };

    /// Of a stage in shared memory.
    template <class BufferA, class BufferB, class T>
    __device__ __forceinline__ void add(const T* a, const T* b, const Places<BufferA, BufferB>& places) {
        using At = Places<BufferA, BufferB>;
#pragma unroll
        for (int i = 0; i < kLine / 16; ++i)
            cuda::add_products<At::kTransposedA, At::kTransposedB, T>(
                values, [&](int p) { return a + BufferA::beside(places.a[i], 16 * p); },
                [&](int p) { return b + BufferB::beside(places.b[i], 8 * p); });
    }
};

}  // namespace mma

template <class Tile, int V, class A, class B, class R>
__global__ void __launch_bounds__(kThreads, kMmaBlocks)
    product_mma_kernel(A a, B b, cuda::BlockMerge<MergeSplits<R>> merge, Extents extents) {
    const Output<R>& output = merge.merge.output;
    using T = typename A::Element;
    using Octet = cuda::Pack<T, 8>;
    using BufferA = mma::Buffer<A::kAlongDepth, Tile::kRows>;
    using BufferB = mma::Buffer<B::kAlongDepth, Tile::kColumns>;
    TERN_SHARED(Octet, octets_a, mma::kStages * BufferA::kSize / 8);
    TERN_SHARED(Octet, octets_b, mma::kStages * BufferB::kSize / 8);

    const int column_tiles = (extents.columns + Tile::kColumns - 1) / Tile::kColumns;
    const int first_row = static_cast<int>(blockIdx.x) / column_tiles * Tile::kRows;
    const int first_column = static_cast<int>(blockIdx.x) % column_tiles * Tile::kColumns;
    const int group = static_cast<int>(blockIdx.y);
    const int begin = static_cast<int>(blockIdx.z) * extents.split_depth;
    const int end = min(extents.depth, begin + extents.split_depth);
    a.select_group(group);
    b.select_group(group);

    const auto stage_a = [&](int i) { return reinterpret_cast<T*>(octets_a) + i * BufferA::kSize; };
    const auto stage_b = [&](int i) { return reinterpret_cast<T*>(octets_b) + i * BufferB::kSize; };
    cuda::AsyncCopies copies;
    const auto start = [&](int k, int stage) {
        if (k < end) {
            mma::start_tile<BufferA, V, Tile::kRows>(a, first_row, k, stage_a(stage), copies);
            mma::start_tile<BufferB, V, Tile::kColumns>(b, first_column, k, stage_b(stage), copies);
        }
        copies.commit();
    };
    mma::Sums<Tile> sums;
    const typename mma::Sums<Tile>::template Places<BufferA, BufferB> places;
    // Whole warps have nothing to do where the tile reaches over an edge.
    const bool busy =
        first_row + sums.row(0) < extents.rows && first_column + sums.column(0) < extents.columns;
    constexpr int kAhead = mma::kStages - 1;
#pragma unroll
    for (int i = 0; i < kAhead; ++i) start(begin + i * mma::kLine, i);
    int stage = 0, free_stage = kAhead;
#pragma unroll 1
    for (int k = begin; k < end; k += mma::kLine) {
        copies.wait_but<kAhead - 1>();
        __syncthreads();  // this stage is there, and the one before has been read
        start(k + kAhead * mma::kLine, free_stage);
        if (busy) sums.add(stage_a(stage), stage_b(stage), places);
        free_stage = stage;
        stage = stage + 1 == mma::kStages ? 0 : stage + 1;
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
