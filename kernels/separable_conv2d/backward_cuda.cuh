// Backward, one kernel and a merge. A block takes tiles of 8 x 16 pixels with a border of one, one after the other. The gradient
// dz of all outputs is in shared memory; for 16 channels at a time the block normalises the input again and filters it (u),
// multiplies dz by the pointwise weights (du), filters that backwards (da) and takes it through the normalisation. None of these
// is ever stored. The gradients of weights stay in shared memory for all tiles of a block and are merged once. All sums are
// float32 in a fixed order, but the merge, which is in double.
//
// Arrays in shared memory are (channel, entry of the bordered tile), 180 entries: rows of neighbouring channels begin 20
// banks apart, so eight quads of eight channels meet no bank twice.
#pragma once

#include "tern/core/cuda/device/warp.cuh"
#include "tern/kernels/separable_conv2d/gradients_cuda.cuh"

namespace tern::separable_conv2d_passes::backward {

using Quad = cuda::Pack<float, 4>;

inline constexpr int kThreads = 256, kDepth = 16;
inline constexpr int kRow = kBorderedPixels;  // of an array in shared memory
inline constexpr int kQuadsOfRow = kRow / 4;
static_assert(kRow % 4 == 0 && kThreads == kDepth * kTileWidth);

/// Of a block, in floats. Outputs in whole quads, channels in whole steps.
struct SharedLayout {
    int outputs, channels;

    __host__ __device__ SharedLayout(const Geometry& g)
        : outputs((g.outputs + 3) / 4 * 4), channels((g.channels + kDepth - 1) / kDepth * kDepth) {}
    __host__ __device__ int a() const { return outputs * kRow; }  // dz before it
    __host__ __device__ int u() const { return a() + kDepth * kRow; }
    __host__ __device__ int du() const { return u() + kDepth * kRow; }
    __host__ __device__ int weights() const { return du() + kDepth * kRow; }       // (O, kDepth)
    __host__ __device__ int taps() const { return weights() + outputs * kDepth; }  // (kDepth, 9)
    __host__ __device__ int slopes() const { return taps() + 9 * kDepth; }  // (3, O), see fill_slopes()
    __host__ __device__ int sums() const { return slopes() + 3 * outputs; }
    std::size_t bytes() const {
        return sizeof(float) * static_cast<std::size_t>(sums() + SumsLayout{outputs, channels}.size());
    }
};

// This thread's channel of a step and column of the tile, in which it does all rows.
struct Column {
    int channel = static_cast<int>(threadIdx.x) / kTileWidth;
    int column = static_cast<int>(threadIdx.x) % kTileWidth;

    /// Of a row of the tile, -1 to kTileHeight.
    __device__ int entry(int row) const { return (row + 1) * kBorderedWidth + column + 1; }
};

/// The sum over the 16 lanes of a channel, in each of them.
__device__ __forceinline__ float sum_columns(float value) {
#pragma unroll
    for (int distance = kTileWidth / 2; distance > 0; distance /= 2)
        value += __shfl_xor_sync(cuda::kAllLanes, value, distance);
    return value;
}

// Of dz = dy + slopes[1] (y - slopes[2]) + slopes[0].
template <class T>
__device__ __forceinline__ void fill_slopes(const OutputGradient<T>& of, const Geometry& g, int outputs,
                                            float* slopes) {
    for (int i = static_cast<int>(threadIdx.x); i < outputs; i += kThreads) {
        const bool inside = i < g.outputs;
        slopes[i] = inside && of.dmean != nullptr ? of.dmean[i] * of.per_row : 0.0f;
        slopes[outputs + i] = inside && of.dvariance != nullptr ? 2 * of.dvariance[i] * of.per_row : 0.0f;
        slopes[2 * outputs + i] = inside && of.dvariance != nullptr ? of.mean[i] : 0.0f;
    }
}

// dz of all outputs, zeros outside the image.
template <class T, int V>
__device__ __forceinline__ void fill_dz(const OutputGradient<T>& of, const Geometry& g,
                                        const TilePlace& place, int outputs, const float* slopes, float* dz) {
    constexpr int kSide = 2;  // packs side by side: more would meet in one bank
    for (int i = static_cast<int>(threadIdx.x);; i += kThreads) {
        const int output = (i / (kSide * kRow) * kSide + i % kSide) * V, entry = i / kSide % kRow;
        if (i / (kSide * kRow) * kSide * V >= outputs) return;
        const int pixel = g.pixel_at(place, entry);
        float values[V] = {};
        if (pixel >= 0 && output < g.outputs) {  // O is a multiple of V
            const int offset = pixel * g.outputs + output;
            cuda::load_floats<V>(of.dy + offset, values);
            if (of.dvariance != nullptr) {
                float stored[V];
                cuda::load_floats<V>(of.y + offset, stored);
#pragma unroll
                for (int v = 0; v < V; ++v)
                    values[v] +=
                        slopes[outputs + output + v] * (stored[v] - slopes[2 * outputs + output + v]);
            }
#pragma unroll
            for (int v = 0; v < V; ++v) values[v] += slopes[output + v];
        }
#pragma unroll
        for (int v = 0; v < V; ++v)
            if (output + v < outputs) dz[(output + v) * kRow + entry] = values[v];
    }
}

// u = a, filtered, at the inner entries; the others stay 0.
__device__ __forceinline__ void filter(const float* a, const float* taps, float* u) {
    const Column own;
    const float* const from = a + own.channel * kRow;
    float weights[9], sums[kTileHeight] = {};
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) weights[tap] = taps[own.channel * 9 + tap];
#pragma unroll
    for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
        for (int kw = 0; kw < 3; ++kw) {
            const float value = from[own.entry(row) + kw - 1];
#pragma unroll
            for (int kh = 0; kh < 3; ++kh) {
                const int to = row - kh + 1;
                if (to >= 0 && to < kTileHeight) sums[to] += value * weights[kh * 3 + kw];
            }
        }
    }
#pragma unroll
    for (int row = 0; row < kTileHeight; ++row) u[own.channel * kRow + own.entry(row)] = sums[row];
}

// du[channel][entry] = sum over o of dz[o][entry] weights[o][channel]: four entries of four channels for a thread.
__device__ __forceinline__ void multiply_weights(const float* dz, const float* weights, int outputs,
                                                 float* du) {
    constexpr int kQuads = kDepth / 4;
    for (int i = static_cast<int>(threadIdx.x); i < kQuadsOfRow * kQuads; i += kThreads) {
        const int entry = i % kQuadsOfRow * 4, channel = i / kQuadsOfRow * 4;
        float sums[4][4] = {};
#pragma unroll 4
        for (int o = 0; o < outputs; ++o) {
            const Quad left = cuda::load_pack<4>(weights + o * kDepth + channel);
            const Quad right = cuda::load_pack<4>(dz + o * kRow + entry);
#pragma unroll
            for (int c = 0; c < 4; ++c)
#pragma unroll
                for (int e = 0; e < 4; ++e) sums[c][e] += left[c] * right[e];
        }
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            Quad quad;
#pragma unroll
            for (int e = 0; e < 4; ++e) quad[e] = sums[c][e];
            cuda::store_pack<4>(du + (channel + c) * kRow + entry, quad);
        }
    }
}

// sums[o][first + channel] += sum over entries of dz[o][entry] u[channel][entry]. Four lanes share a patch of 4 x 4, each with
// every fourth quad of entries, and each adds one of its rows. columns: of sums
__device__ __forceinline__ void add_pointwise_gradient(const float* dz, const float* u, int outputs,
                                                       int first, int columns, float* sums) {
    constexpr int kQuads = kDepth / 4, kShares = 4;
    const int share = static_cast<int>(threadIdx.x) % kShares, patches = outputs / 4 * kQuads;
    for (int start = 0; start < patches; start += kThreads / kShares) {
        const int patch = start + static_cast<int>(threadIdx.x) / kShares;
        const bool has_work = patch < patches;
        const int output = has_work ? patch / kQuads * 4 : 0, channel = has_work ? patch % kQuads * 4 : 0;
        float own[4][4] = {};
#pragma unroll 1
        for (int quad = share; quad < kQuadsOfRow; quad += kShares) {
            Quad left[4], right[4];
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                left[i] = cuda::load_pack<4>(dz + (output + i) * kRow + 4 * quad);
                right[i] = cuda::load_pack<4>(u + (channel + i) * kRow + 4 * quad);
            }
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j)
#pragma unroll
                    for (int e = 0; e < 4; ++e) own[i][j] += left[i][e] * right[j][e];
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                float sum = own[i][j];
                sum += __shfl_xor_sync(cuda::kAllLanes, sum, 1);
                sum += __shfl_xor_sync(cuda::kAllLanes, sum, 2);
                if (has_work && i == share) sums[(output + i) * columns + first + channel + j] += sum;
            }
        }
    }
}

// da of this thread's column, and the sums of du a for each tap, in every lane of a channel.
struct DepthwiseGradients {
    float da[kTileHeight] = {}, taps[9] = {};

    __device__ __forceinline__ DepthwiseGradients(const float* du, const float* a, const float* weights) {
        const Column own;
        const float* const grads = du + own.channel * kRow;
        const float* const values = a + own.channel * kRow;
        float by_tap[9];
#pragma unroll
        for (int tap = 0; tap < 9; ++tap) by_tap[tap] = weights[own.channel * 9 + tap];
        float inner[kTileHeight];
#pragma unroll
        for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
            for (int kw = 0; kw < 3; ++kw) {
                // A pixel's tap (kh, kw) is read by the output one row and one column before it, less the tap.
                const float grad = grads[own.entry(row) + 1 - kw];
#pragma unroll
                for (int kh = 0; kh < 3; ++kh) {
                    const int to = row + kh - 1;
                    if (to >= 0 && to < kTileHeight) da[to] += grad * by_tap[kh * 3 + kw];
                }
                if (kw == 1 && row >= 0 && row < kTileHeight) inner[row] = grad;
            }
        }
#pragma unroll
        for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
            for (int kw = 0; kw < 3; ++kw) {
                const float value = values[own.entry(row) + kw - 1];
#pragma unroll
                for (int kh = 0; kh < 3; ++kh) {
                    const int output = row - kh + 1;
                    if (output >= 0 && output < kTileHeight) taps[kh * 3 + kw] += inner[output] * value;
                }
            }
        }
#pragma unroll
        for (int tap = 0; tap < 9; ++tap) taps[tap] = sum_columns(taps[tap]);
    }
};

// From da, at the inner entries, to dx; with a normalisation da becomes dz of that, and `products` dz (x - mean).
template <class T, int V>
__device__ __forceinline__ void store_input_gradients(const Input<T, normalize_device::AnyActivation>& input,
                                                      const InputGradients<T>& to, const Geometry& g,
                                                      const TilePlace& place, int first, float* da,
                                                      float* products) {
    const int own = static_cast<int>(threadIdx.x) % (kDepth / V) * V;
    visit_input_gradients<kDepth, kThreads, V>(
        input, to, g, place, first,
        [&](int i, float(&grads)[V]) {
#pragma unroll
            for (int v = 0; v < V; ++v) grads[v] = da[(own + v) * kRow + inner_entry(i)];
        },
        [&](int i, const float(&grads)[V], const float(&centred)[V]) {
#pragma unroll
            for (int v = 0; v < V; ++v) {
                const int at = (own + v) * kRow + inner_entry(i);
                da[at] = grads[v];
                products[at] = grads[v] * centred[v];
            }
        });
}

// sums[o] += the sum of dz[o] over the inner entries, a warp for every eighth output.
__device__ __forceinline__ void add_bias_gradient(const float* dz, int outputs, float* sums) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    for (int output = static_cast<int>(threadIdx.x) / 32; output < outputs; output += kThreads / 32) {
        float sum = 0.0f;
#pragma unroll
        for (int i = lane; i < kTilePixels; i += 32) sum += dz[output * kRow + inner_entry(i)];
        sum = cuda::warp_sum(sum);
        if (lane == 0) sums[output] += sum;
    }
}

// grid: (blocks). depthwise: (C, 1, 3, 3), pointwise: (O, C). A block leaves its SumsLayout.
template <class T, int V>
__global__ void __launch_bounds__(kThreads, 2)
    separable_conv2d_backward_kernel(Input<T, normalize_device::AnyActivation> input,
                                     OutputGradient<T> gradient, const T* depthwise, const T* pointwise,
                                     InputGradients<T> to, bool has_bias,
                                     cuda::BlockMerge<MergeSums<T>> merge, Geometry g) {
    TERN_DYNAMIC_SHARED(float, memory);
    const SharedLayout shared(g);
    float* const dz = memory;
    float* const a = memory + shared.a();
    float* const u = memory + shared.u();
    float* const du = memory + shared.du();
    float* const weights = memory + shared.weights();
    float* const taps = memory + shared.taps();
    float* const sums = memory + shared.sums();
    const SumsLayout layout{shared.outputs, shared.channels};
    const int thread = static_cast<int>(threadIdx.x);
    for (int i = thread; i < layout.size(); i += kThreads) sums[i] = 0.0f;
    for (int i = thread; i < kDepth * kRow; i += kThreads) u[i] = 0.0f;
    float* const slopes = memory + shared.slopes();
    fill_slopes(gradient, g, shared.outputs, slopes);
    __syncthreads();  // slopes are filled

#pragma unroll 1
    for (int tile = static_cast<int>(blockIdx.x); tile < g.tiles(); tile += static_cast<int>(gridDim.x)) {
        const TilePlace place = g.place(tile);
        fill_dz<T, V>(gradient, g, place, shared.outputs, slopes, dz);
#pragma unroll 1
        for (int first = 0; first < g.channels; first += kDepth) {
            const int own = thread % (kDepth / V) * V;
            visit_input<kDepth, kThreads, V>(input, g, place, first, static_cast<T*>(nullptr),
                                             [&](int entry, const float(&values)[V]) {
#pragma unroll
                                                 for (int v = 0; v < V; ++v)
                                                     a[(own + v) * kRow + entry] = values[v];
                                             });
            for (int i = thread; i < shared.outputs * kDepth; i += kThreads) {
                const int output = i / kDepth, channel = first + i % kDepth;
                const bool inside = output < g.outputs && channel < g.channels;
                weights[i] = inside ? static_cast<float>(pointwise[output * g.channels + channel]) : 0.0f;
            }
            for (int i = thread; i < 9 * kDepth; i += kThreads)
                taps[i] = first + i / 9 < g.channels ? static_cast<float>(depthwise[first * 9 + i]) : 0.0f;
            __syncthreads();  // dz, a, weights and taps are filled
            filter(a, taps, u);
            multiply_weights(dz, weights, shared.outputs, du);
            __syncthreads();  // u and du are filled
            add_pointwise_gradient(dz, u, shared.outputs, first, shared.channels, sums);
            const DepthwiseGradients grads(du, a, taps);
            const Column column;
#pragma unroll
            for (int tap = 0; tap < 9; ++tap)
                if (column.column == tap)
                    sums[layout.depthwise() + (first + column.channel) * 9 + tap] += grads.taps[tap];
            __syncthreads();  // u, du and a have been read
#pragma unroll
            for (int row = 0; row < kTileHeight; ++row)
                u[column.channel * kRow + column.entry(row)] = grads.da[row];
            __syncthreads();  // u is da
            store_input_gradients<T, V>(input, to, g, place, first, u, a);
            __syncthreads();  // u and a are what is summed
            if (input.in.mean != nullptr) {
                float of_dz = 0.0f, of_products = 0.0f;
#pragma unroll
                for (int row = 0; row < kTileHeight; ++row) {
                    of_dz += u[column.channel * kRow + column.entry(row)];
                    of_products += a[column.channel * kRow + column.entry(row)];
                }
                of_dz = sum_columns(of_dz);
                of_products = sum_columns(of_products);
                if (column.column < 2)
                    sums[layout.normalization() + column.column * shared.channels + first + column.channel] +=
                        column.column == 0 ? of_dz : of_products;
            }
            __syncthreads();  // u, a, weights and taps have been read
        }
        if (has_bias) add_bias_gradient(dz, shared.outputs, sums + layout.bias());
        __syncthreads();  // dz has been read
    }
    leave_sums(sums, merge);
}

}  // namespace tern::separable_conv2d_passes::backward
