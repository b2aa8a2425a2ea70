// How CUDA kernels go over rows of C channels. A thread owns a pack of V channels, so that what is per
// channel stays in its registers, and takes several rows at once; the partition depends on the problem alone,
// and partial sums are merged in a fixed order.
#pragma once

#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/device/warp.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/merge_cuda.cuh"

namespace tern::channel_rows_cuda {

using cuda::Pack;

inline constexpr int kThreads = 256;
inline constexpr int kMaxPacks = 32;  // packs of a row per block: what a warp reads at once
// Two blocks for each of an H100's 132 multiprocessors, which run at once: 16 warps with 2 KB each under way
// hide the latency of memory, and 264 partial sums are 1 % of the traffic of 65536 rows of 64 channels.
inline constexpr int kBlocks = 264;

/// Rows in tiles: a tile is `lanes` rows of threads times the rows that a thread takes at once. Block b of
/// `blocks` has the tiles b, b + blocks, ... grid: (blocks of channels, blocks); block: (packs, lanes).
struct RowWalk {
    std::int64_t rows;
    int channels, packs, lanes, tile_rows, tiles, blocks;

    RowWalk(std::int64_t row_count, std::int64_t channel_count, int pack_size, int rows_per_thread)
        : rows(row_count), channels(static_cast<int>(channel_count)), packs(1) {
        const std::int64_t row_packs = channel_count / pack_size;
        while (packs < row_packs && packs < kMaxPacks) packs *= 2;
        lanes = kThreads / packs;
        tile_rows = lanes * rows_per_thread;
        tiles = static_cast<int>(cuda::blocks_for(rows, tile_rows));
        const int columns = static_cast<int>(cuda::blocks_for(row_packs, packs));
        const int most = columns == 0 ? 1 : kBlocks / columns;
        blocks = tiles < most ? tiles : most < 1 ? 1 : most;
    }

    cuda::LaunchShape shape(int pack_size) const {
        const unsigned columns = cuda::blocks_for(channels / pack_size, packs);
        return {dim3(columns, static_cast<unsigned>(tiles == 0 ? 0 : blocks)),
                dim3(static_cast<unsigned>(packs), static_cast<unsigned>(lanes))};
    }

    /// How many partial sums there are per channel: none where there is no row.
    int partials() const { return tiles == 0 ? 0 : blocks; }

    /// All tiles but the last one are whole.
    __device__ double rows_of_block(int block) const {
        const int own = (tiles - block + blocks - 1) / blocks;
        const bool has_last = (tiles - 1) % blocks == block;
        const std::int64_t missing = has_last ? static_cast<std::int64_t>(tiles) * tile_rows - rows : 0;
        return static_cast<double>(static_cast<std::int64_t>(own) * tile_rows - missing);
    }
};

/// The first channel of this thread's pack; it has work where that is below the walk's `channels`.
template <int V>
__device__ __forceinline__ int thread_channel() {
    return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * V;
}

/// Which way a pass goes over the rows. What the pass before it read last is still in the L2 cache, so a
/// second pass over the same rows goes backwards.
enum class Direction { forwards, backwards };

/// Calls visit(row) for the first row of this thread in every tile of its block; the others are `lanes`
/// apart.
template <Direction kDirection, class Visit>
__device__ __forceinline__ void for_each_tile(const RowWalk& walk, Visit visit) {
    for (int i = static_cast<int>(blockIdx.y); i < walk.tiles; i += walk.blocks) {
        const int tile = kDirection == Direction::forwards ? i : walk.tiles - 1 - i;
        visit(static_cast<std::int64_t>(tile) * walk.tile_rows + threadIdx.y);
    }
}

/// This thread's rows of a tile. Rows beyond the last are zeros, and not stored.
template <class T, int V, int kRows>
struct TileRows {
    Pack<T, V> packs[kRows];

    __device__ __forceinline__ void load(const RowWalk& walk, const T* from, std::int64_t row, int channel) {
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
            const std::int64_t own = row + i * walk.lanes;
            packs[i] = {};
            if (own < walk.rows) packs[i] = cuda::load_pack<V>(from + own * walk.channels + channel);
        }
    }
    __device__ __forceinline__ void store(const RowWalk& walk, T* to, std::int64_t row, int channel) const {
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
            const std::int64_t own = row + i * walk.lanes;
            if (own < walk.rows) cuda::store_pack<V>(to + own * walk.channels + channel, packs[i]);
        }
    }
    __device__ __forceinline__ void upcast(int i, float (&values)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) values[v] = static_cast<float>(packs[i][v]);
    }
    __device__ __forceinline__ void round(int i, const float (&values)[V]) {
#pragma unroll
        for (int v = 0; v < V; ++v) packs[i][v] = static_cast<T>(values[v]);
    }
};

/// As many of V floats as one access moves.
template <int V>
inline constexpr int kFloats = V < 4 ? V : 4;

/// V neighbouring floats; `from` is aligned to kFloats<V> of them.
template <int V>
__device__ __forceinline__ void load_floats(const float* from, float (&to)[V]) {
#pragma unroll
    for (int v = 0; v < V; v += kFloats<V>) {
        const auto pack = cuda::load_pack<kFloats<V>>(from + v);
        for (int i = 0; i < kFloats<V>; ++i) to[v + i] = pack[i];
    }
}

/// Shared memory for V floats of each thread, (lanes of the block, its channels): LanePack<V>
/// lanes[kLanePacks<V>].
template <int V>
using LanePack = Pack<float, kFloats<V>>;
template <int V>
inline constexpr int kLanePacks = kThreads* V / kFloats<V>;

/// Writes the values of this thread to their place.
template <int V>
__device__ __forceinline__ void store_lane(LanePack<V>* lanes, const float (&values)[V]) {
    LanePack<V>* to = lanes + (threadIdx.y * blockDim.x + threadIdx.x) * (V / kFloats<V>);
#pragma unroll
    for (int v = 0; v < V; v += kFloats<V>) {
        LanePack<V> pack;
        for (int i = 0; i < kFloats<V>; ++i) pack[i] = values[v + i];
        cuda::store_pack<kFloats<V>>(&to[v / kFloats<V>][0], pack);
    }
}

/// The sum of one channel's values in `lanes`, in the order of the lanes.
__device__ __forceinline__ float sum_lanes(const float* lanes, int channel, int channels) {
    float sum = 0.0f;
    for (unsigned lane = 0; lane < blockDim.y; ++lane)
        sum += lanes[static_cast<int>(lane) * channels + channel];
    return sum;
}

/// For cuda::launch_merge() and cuda::Merging: two numbers per channel of each block, which come together. partial: (slots, 2,
/// C). Merge: add(slot, a, b, sums), finish(channel, first, second).
template <class Merge>
struct MergePairs {
    using Sum = cuda::SumPair;
    float* partial;
    int channels;
    Merge merge;

    __device__ void add(Sum& sum, int slot, int channel) const {
        const float* const from = at(slot, channel);
        merge.add(slot, from[0], from[channels], sum);
    }
    __device__ void finish(int channel, const Sum& sum) const {
        merge.finish(channel, sum.first, sum.second);
    }
    /// The first number; the second lies `channels` behind it.
    __device__ float* at(int slot, int channel) const {
        return partial + static_cast<std::int64_t>(slot) * 2 * channels + channel;
    }
};

/// The merge of a kernel over rows, which ends with finish_rows().
template <class Merge>
class RowsMerging : public cuda::Merging<MergePairs<Merge>> {
  public:
    RowsMerging(const Tensor& partial, const Merge& merge, const RowWalk& walk, int pack_size,
                const Stream& stream)
        : cuda::Merging<MergePairs<Merge>>({partial.data<float>(), walk.channels, merge}, walk.partials(),
                                           walk.channels, static_cast<int>(walk.shape(pack_size).grid.x),
                                           stream) {}
};

/// Two sums of each channel over the threads of a block, left for the merge. first_packs, second_packs: shared, kLanePacks<V>
/// each. All threads must call it.
template <int V, class Merge>
__device__ __forceinline__ void store_block_sums(LanePack<V>* first_packs, LanePack<V>* second_packs,
                                                 const float (&first)[V], const float (&second)[V],
                                                 const MergePairs<Merge>& merge) {
    store_lane<V>(first_packs, first);
    store_lane<V>(second_packs, second);
    __syncthreads();  // the lanes are filled
    const int block_channels = static_cast<int>(blockDim.x) * V;
    const int own = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    const int target = static_cast<int>(blockIdx.x) * block_channels + own;
    if (own >= block_channels || target >= merge.channels) return;
    float* const to = merge.at(static_cast<int>(blockIdx.y), target);
    to[0] = sum_lanes(&first_packs[0][0], own, block_channels);
    to[merge.channels] = sum_lanes(&second_packs[0][0], own, block_channels);
}

/// For all threads of a block of a RowWalk, after its partial sums.
template <int V, class Merge>
__device__ __forceinline__ void finish_rows(const cuda::BlockMerge<MergePairs<Merge>>& merge,
                                            const RowWalk& walk) {
    const int block_channels = static_cast<int>(blockDim.x) * V;
    const int first = static_cast<int>(blockIdx.x) * block_channels;
    merge.finish_block(static_cast<int>(blockIdx.y), static_cast<int>(blockIdx.x),
                       cuda::Span{first, min(block_channels, walk.channels - first)});
}

}  // namespace tern::channel_rows_cuda
