// What the kernels on tensor cores, for 16-bit types, share: tiles of 32 channels in shared memory, a line of 64 bytes for a pixel, whose
// depthwise part a thread does for two channels of a column.
#pragma once

#include "tern/core/cuda/device/async_copies.cuh"
#include "tern/core/cuda/device/mma.cuh"
#include "tern/kernels/gemm/product_mma_cuda.cuh"
#include "tern/kernels/separable_conv2d/tiles_cuda.cuh"

namespace tern::separable_conv2d_passes::pairs {

inline constexpr int kThreads = 256, kWarps = kThreads / 32;
inline constexpr int kDepth = 32, kPairs = kDepth / 2;  // channels of a step
static_assert(kThreads == kPairs * kTileWidth && kDepth == gemm::mma::kLine);

/// In whole steps.
__host__ __device__ constexpr int in_steps(int channels) { return (channels + kDepth - 1) / kDepth * kDepth; }

/// This thread's first channel of a step, and its column of the tile, in which it does all rows.
struct Column {
    int channel, column;

    __device__ Column() {
        const int thread = cuda::unknown(static_cast<int>(threadIdx.x));
        channel = thread % kPairs * 2;
        column = thread / kPairs;
    }

    /// Of the bordered tile's entry, for a row of the tile from -1 to kTileHeight.
    __device__ int entry(int row) const { return (row + 1) * kBorderedWidth + column + 1; }
    __device__ int pixel(int row) const { return row * kTileWidth + column; }
};

/// The weights of this thread's channels: taps (9, kDepth)
template <class T>
struct Taps {
    float weights[9][2];

    __device__ __forceinline__ explicit Taps(const T* taps) {
        const Column own;
#pragma unroll
        for (int tap = 0; tap < 9; ++tap)
            cuda::load_floats<2>(taps + tap * kDepth + own.channel, weights[tap]);
    }
};

/// Weights of the depthwise part (C, 1, 3, 3) to (steps, 9, kDepth), zeros beyond the last channel.
template <class T>
__device__ __forceinline__ void fill_taps(const T* w, int channels, T* taps) {
    for (int i = static_cast<int>(threadIdx.x); i < 9 * in_steps(channels); i += kThreads) {
        const int channel = i / 9, tap = i % 9;  // neighbours in memory
        const int to = (channel / kDepth * 9 + tap) * kDepth + channel % kDepth;
        taps[to] = channel < channels ? w[i] : static_cast<T>(0.0f);
    }
}

/// Weights of the pointwise part, `outputs` of (O, C) from the first on, to (steps, outputs, kDepth) in lines of gemm::mma::index();
/// zeros beyond the last output and channel. C is a multiple of V.
template <int V, class T>
__device__ __forceinline__ void fill_weights(const T* w, const Geometry& g, int first_output, int outputs,
                                             T* weights) {
    const int packs = in_steps(g.channels) / V;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < outputs * packs; i += kThreads) {
        const int output = i / packs, channel = i % packs * V;
        cuda::Pack<T, V> pack;
#pragma unroll
        for (int v = 0; v < V; ++v) pack[v] = static_cast<T>(0.0f);
        if (first_output + output < g.outputs && channel < g.channels)
            pack = cuda::load_pack<V>(w + (first_output + output) * g.channels + channel);
        T* const to = weights + channel / kDepth * outputs * kDepth;
        cuda::store_pack<V>(to + gemm::mma::index(output, channel % kDepth), pack);
    }
}

/// A bordered tile of the input, kDepth channels from `first`, on its way into shared memory: start() begins copies, of which finish()
/// makes a, each thread of what it has copied. Rows that are no whole packs are loaded by finish() alone.
template <class T, int V>
struct StagedInput {
    static constexpr bool kCopied = V == cuda::kPackSize<T>;
    T *a, *residual;  // (kBorderedPixels, kDepth); `residual` where there is one

    __device__ static int own() { return cuda::unknown(static_cast<int>(threadIdx.x)) % (kDepth / V) * V; }

    __device__ __forceinline__ void start(const Input<T, Rectifier>& input, const Geometry& g,
                                          const TilePlace& place, int first,
                                          cuda::AsyncCopies& copies) const {
        if constexpr (kCopied)
            visit_entries<kDepth, kThreads, V, 1>(
                g, place, g.channels, first + own(), [](int, int) {},
                [&](int, int entry, int offset) {
                    const int to = entry * kDepth + own();
                    if (offset >= 0) {
                        copies.start(a + to, input.x + offset);
                        if (input.residual != nullptr) copies.start(residual + to, input.residual + offset);
                    } else {
                        const float zeros[V] = {};
                        cuda::store_floats<V>(zeros, a + to);
                    }
                });
    }

    /// kept: as x, or null
    __device__ __forceinline__ void finish(const Input<T, Rectifier>& input, const Geometry& g,
                                           const TilePlace& place, int first, T* kept,
                                           cuda::AsyncCopies& copies) const {
        if constexpr (!kCopied) {
            visit_input<kDepth, kThreads, V>(input, g, place, first, kept,
                                             [&](int entry, const float(&values)[V]) {
                                                 cuda::store_floats<V>(values, a + entry * kDepth + own());
                                             });
        } else {
            copies.wait();
            if (input.in.mean == nullptr) return;
            const int channel = first + own();
            const normalize_device::Affine<V> affine(input.in, channel < g.channels ? channel : 0);
            visit_entries<kDepth, kThreads, V, 1>(
                g, place, g.channels, channel, [](int, int) {},
                [&](int, int entry, int offset) {
                    if (offset < 0) return;
                    const int at = entry * kDepth + own();
                    float values[V];
                    cuda::load_floats<V>(a + at, values);
                    affine.apply(values);
                    if (input.residual != nullptr) add_floats(residual, at, values);
                    input.activation.forward(values);
                    if (kept != nullptr && is_inner(entry)) cuda::store_floats<V>(values, kept + offset);
                    cuda::store_floats<V>(values, a + at);
                });
        }
    }
};

/// Calls put(row, sums) for the filtered pixels of this thread's column. bordered: (kBorderedPixels, kDepth)
template <class T, class Put>
__device__ __forceinline__ void filter(const T* bordered, const T* taps, Put put) {
    const Column own;
    const Taps<T> by_tap(taps);
    float sums[kTileHeight][2] = {};
#pragma unroll
    for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
        for (int kw = 0; kw < 3; ++kw) {
            float values[2];
            cuda::load_floats<2>(bordered + (own.entry(row) + kw - 1) * kDepth + own.channel, values);
#pragma unroll
            for (int kh = 0; kh < 3; ++kh) {
                const int to = row - kh + 1;
                if (to < 0 || to >= kTileHeight) continue;
#pragma unroll
                for (int i = 0; i < 2; ++i) sums[to][i] += values[i] * by_tap.weights[kh * 3 + kw][i];
            }
        }
    }
#pragma unroll
    for (int row = 0; row < kTileHeight; ++row) put(row, sums[row]);
}

}  // namespace tern::separable_conv2d_passes::pairs
