// Backward on tensor cores: as backward_cuda.cuh, 32 channels at a time. dz, a, u, du and da are rounded to T in shared memory, as they are
// where the parts store them; all sums are float32. The weights, and their gradients, stay in shared memory for all tiles of a
// block. The border matters to du alone: da of a pixel needs it around the pixel.
#pragma once

#include "tern/core/cuda/device/warp.cuh"
#include "tern/kernels/separable_conv2d/gradients_cuda.cuh"
#include "tern/kernels/separable_conv2d/pairs_cuda.cuh"

namespace tern::separable_conv2d_passes::backward_mma {

using cuda::MatrixLane;
using gemm::mma::index;
using pairs::kDepth, pairs::kThreads, pairs::kWarps, pairs::Column;

inline constexpr int kLines = (kBorderedPixels + 15) / 16 * 16;  // entries in whole products

/// Of a block, in bytes. Outputs and channels in whole steps.
struct SharedLayout {
    int outputs, channels;

    __host__ __device__ explicit SharedLayout(const Geometry& g)
        : outputs(pairs::in_steps(g.outputs)), channels(pairs::in_steps(g.channels)) {}
    // Of T, 2 bytes:
    __host__ __device__ int weights() const {
        return 2 * outputs * kLines;
    }  // dz before it: (steps, kLines, kDepth)
    __host__ __device__ int a() const {
        return weights() + 2 * outputs * channels;
    }  // (steps, outputs, kDepth)
    __host__ __device__ int u() const { return a() + 2 * kBorderedPixels * kDepth; }
    __host__ __device__ int du() const { return u() + 2 * kTilePixels * kDepth; }
    __host__ __device__ int taps() const { return du() + 2 * kLines * kDepth; }  // (steps, 9, kDepth)
    // Floats:
    __host__ __device__ int slopes() const { return taps() + 2 * 9 * channels; }        // (2, outputs)
    __host__ __device__ int lanes() const { return slopes() + 4 * 2 * outputs; }        // (kWarps, 9, kDepth)
    __host__ __device__ int sums() const { return lanes() + 4 * kWarps * 9 * kDepth; }  // SumsLayout
    std::size_t bytes() const {
        return static_cast<std::size_t>(sums()) +
               sizeof(float) * static_cast<std::size_t>(SumsLayout{outputs, channels}.size());
    }
};

// Of dz = dy + slopes[0] y + slopes[1], with which y - mean is not computed for each pixel.
template <class T>
__device__ __forceinline__ void fill_slopes(const OutputGradient<T>& of, const Geometry& g, int outputs,
                                            float* slopes) {
    for (int i = static_cast<int>(threadIdx.x); i < outputs; i += kThreads) {
        const bool inside = i < g.outputs;
        const float factor = inside && of.dvariance != nullptr ? 2 * of.dvariance[i] * of.per_row : 0.0f;
        const float mean = inside && of.dvariance != nullptr ? of.mean[i] : 0.0f;
        slopes[i] = factor;
        slopes[outputs + i] =
            (inside && of.dmean != nullptr ? of.dmean[i] * of.per_row : 0.0f) - factor * mean;
    }
}

// dz of all outputs, zeros outside the image.
template <class T, int V>
__device__ __forceinline__ void fill_dz(const OutputGradient<T>& of, const Geometry& g,
                                        const TilePlace& place, int outputs, const float* slopes, T* dz) {
    constexpr int kBatch = 2;  // of two tensors; three would spill registers
    const int own = static_cast<int>(threadIdx.x) % (kDepth / V) * V;
#pragma unroll 1
    for (int first = 0; first < outputs; first += kDepth) {
        const int output = first + own;
        float factor[V], constant[V];
#pragma unroll
        for (int v = 0; v < V; ++v) {
            factor[v] = slopes[output + v];
            constant[v] = slopes[outputs + output + v];
        }
        cuda::Pack<T, V> grads[kBatch], stored[kBatch];
        visit_entries<kDepth, kThreads, V, kBatch>(
            g, place, g.outputs, output,  // O is a multiple of V
            [&](int b, int offset) {
                grads[b] = cuda::load_pack<V>(of.dy + offset);
                if (of.dvariance != nullptr) stored[b] = cuda::load_pack<V>(of.y + offset);
            },
            [&](int b, int entry, int offset) {
                float values[V] = {};
                if (offset >= 0) {
                    cuda::to_floats(grads[b], values);
                    if (of.dvariance != nullptr) {
                        float y[V];
                        cuda::to_floats(stored[b], y);
#pragma unroll
                        for (int v = 0; v < V; ++v) values[v] += factor[v] * y[v];
                    }
#pragma unroll
                    for (int v = 0; v < V; ++v) values[v] += constant[v];
                }
                cuda::store_floats<V>(values, dz + first * kLines + index(entry, own));
            });
    }
}

// du (kLines, kDepth) = dz times the weights of a step (outputs, kDepth): a warp makes 3 x 2 products. Lines behind the last entry are of
// no use.
template <class T>
__device__ __forceinline__ void multiply_weights(const T* dz, const T* weights, int outputs, T* du) {
    constexpr int kRowProducts = kLines / 16 / (kWarps / 2), kColumnProducts = kDepth / 8 / 2;
    static_assert(kRowProducts * kWarps / 2 * 16 == kLines);
    const MatrixLane a = cuda::lane_of_a<false>(), b = cuda::lane_of_b<true>();
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int row = warp / 2 * kRowProducts * 16, column = warp % 2 * kColumnProducts * 8;
    float sums[kRowProducts][kColumnProducts][4] = {};
#pragma unroll 2
    for (int o = 0; o < outputs; o += 16)
        cuda::add_products<false, true, T>(
            sums,
            [&](int m) {
                return dz + o / kDepth * kDepth * kLines + index(row + 16 * m + a.line, o % kDepth + a.first);
            },
            [&](int n) { return weights + index(o + b.line, column + 8 * n + b.first); });
    const int group = static_cast<int>(threadIdx.x) % 32 / 4, pair = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int m = 0; m < kRowProducts; ++m) {
#pragma unroll
        for (int n = 0; n < kColumnProducts; ++n) {
            T* const to = du + (row + 16 * m + group) * kDepth + column + 8 * n + 2 * pair;
            const float upper[2] = {sums[m][n][0], sums[m][n][1]}, lower[2] = {sums[m][n][2], sums[m][n][3]};
            cuda::store_floats<2>(upper, to);
            cuda::store_floats<2>(lower, to + 8 * kDepth);
        }
    }
}

// sums[o][first + channel] += sum over pixels of dz[o] u[channel]: a warp makes 1 x 2 products of 16 x 8 at a time, over a row of the tile
// in each step. columns: of sums
template <class T>
__device__ __forceinline__ void add_pointwise_gradient(const T* dz, const T* u, int outputs, int first,
                                                       int columns, float* sums) {
    static_assert(kTileWidth == 16);
    const MatrixLane a = cuda::lane_of_a<true>(), b = cuda::lane_of_b<true>();
    const int group = static_cast<int>(threadIdx.x) % 32 / 4, pair = static_cast<int>(threadIdx.x) % 4;
#pragma unroll 1
    for (int unit = static_cast<int>(threadIdx.x) / 32; unit < outputs / 16 * 2; unit += kWarps) {
        const int output = unit / 2 * 16, column = unit % 2 * 16;
        const T* const step = dz + output / kDepth * kDepth * kLines;
        float own[1][2][4] = {};
#pragma unroll
        for (int row = 0; row < kTileHeight; ++row)
            cuda::add_products<true, true, T>(
                own,
                [&](int) {
                    return step + index(inner_entry(row * kTileWidth) + a.line, output % kDepth + a.first);
                },
                [&](int) { return u + index(row * kTileWidth + b.line, column + b.first); });
#pragma unroll
        for (int n = 0; n < 2; ++n) {
            float* const to = sums + (output + group) * columns + first + column + 8 * n + 2 * pair;
            to[0] += own[0][n][0];
            to[1] += own[0][n][1];
            to[8 * columns] += own[0][n][2];
            to[8 * columns + 1] += own[0][n][3];
        }
    }
}

// da of this thread's column, and its share of the sums of du a for each tap.
struct DepthwiseGradients {
    float da[kTileHeight][2] = {}, taps[9][2] = {};

    template <class T>
    __device__ __forceinline__ DepthwiseGradients(const T* du, const T* a, const T* weights) {
        const Column own;
        const pairs::Taps<T> by_tap(weights);
        float inner[kTileHeight][2];
#pragma unroll
        for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
            for (int kw = 0; kw < 3; ++kw) {
                // A pixel's tap (kh, kw) is read by the output one row and one column before it, less the tap.
                float grad[2];
                cuda::load_floats<2>(du + (own.entry(row) + 1 - kw) * kDepth + own.channel, grad);
#pragma unroll
                for (int kh = 0; kh < 3; ++kh) {
                    const int to = row + kh - 1;
                    if (to < 0 || to >= kTileHeight) continue;
#pragma unroll
                    for (int i = 0; i < 2; ++i) da[to][i] += grad[i] * by_tap.weights[kh * 3 + kw][i];
                }
                if (kw != 1 || row < 0 || row == kTileHeight) continue;
#pragma unroll
                for (int i = 0; i < 2; ++i) inner[row][i] = grad[i];
            }
        }
#pragma unroll
        for (int row = -1; row <= kTileHeight; ++row) {
#pragma unroll
            for (int kw = 0; kw < 3; ++kw) {
                float value[2];
                cuda::load_floats<2>(a + (own.entry(row) + kw - 1) * kDepth + own.channel, value);
#pragma unroll
                for (int kh = 0; kh < 3; ++kh) {
                    const int output = row - kh + 1;
                    if (output < 0 || output >= kTileHeight) continue;
#pragma unroll
                    for (int i = 0; i < 2; ++i) taps[kh * 3 + kw][i] += inner[output][i] * value[i];
                }
            }
        }
    }
};

// Sums that each warp has, for kDepth channels: lanes (kWarps, rows, kDepth). A lane has kOwn neighbouring channels of a row, and the
// lanes of a warp that are kDepth / kOwn apart have the same ones.
template <int kOwn>
__device__ __forceinline__ void leave(const float (&values)[kOwn], int row, int rows, float* lanes) {
    constexpr int kLanes = kDepth / kOwn;
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
#pragma unroll
    for (int i = 0; i < kOwn; ++i) {
        float sum = values[i];
#pragma unroll
        for (int distance = 16; distance >= kLanes; distance /= 2)
            sum += __shfl_xor_sync(cuda::kAllLanes, sum, distance);
        if (lane < kLanes) lanes[(warp * rows + row) * kDepth + lane * kOwn + i] = sum;
    }
}

// Of what all warps have left.
__device__ __forceinline__ float take(const float* lanes, int row, int rows, int channel) {
    float sum = 0.0f;
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp) sum += lanes[(warp * rows + row) * kDepth + channel];
    return sum;
}

// sums[o] += the sum of dz[o] over the inner entries, a thread for each output.
template <class T>
__device__ __forceinline__ void add_bias_gradient(const T* dz, int outputs, float* sums) {
    for (int output = static_cast<int>(threadIdx.x); output < outputs; output += kThreads) {
        const T* const step = dz + output / kDepth * kDepth * kLines;
        float sum = 0.0f;
#pragma unroll 8
        for (int i = 0; i < kTilePixels; ++i)
            sum += static_cast<float>(step[index(inner_entry(i), output % kDepth)]);
        sums[output] += sum;
    }
}

// grid: (blocks). depthwise: (C, 1, 3, 3), pointwise: (O, C). A block leaves its SumsLayout.
template <class T, int V>
__global__ void __launch_bounds__(kThreads, 2)
    separable_conv2d_backward_mma_kernel(Input<T, Rectifier> input, OutputGradient<T> gradient,
                                         const T* depthwise, const T* pointwise, InputGradients<T> to,
                                         bool has_bias, cuda::BlockMerge<MergeSums<T>> merge, Geometry g) {
    TERN_DYNAMIC_SHARED(unsigned char, memory);
    const SharedLayout shared(g);
    const auto elements = [&](int offset) { return reinterpret_cast<T*>(memory + offset); };
    const auto floats = [&](int offset) { return reinterpret_cast<float*>(memory + offset); };
    T *const dz = elements(0), *const weights = elements(shared.weights()), *const a = elements(shared.a());
    T *const u = elements(shared.u()), *const du = elements(shared.du()),
             *const taps = elements(shared.taps());
    float *const slopes = floats(shared.slopes()), *const lanes = floats(shared.lanes()),
                 *const sums = floats(shared.sums());
    const SumsLayout layout{shared.outputs, shared.channels};
    const int thread = static_cast<int>(threadIdx.x);
    for (int i = thread; i < layout.size(); i += kThreads) sums[i] = 0.0f;
    fill_slopes(gradient, g, shared.outputs, slopes);
    pairs::fill_weights<V>(pointwise, g, 0, shared.outputs, weights);
    pairs::fill_taps(depthwise, g.channels, taps);
    const pairs::StagedInput<T, V> staged{a, du};  // du is not there yet
    cuda::AsyncCopies copies;
    __syncthreads();  // slopes are filled

#pragma unroll 1
    for (int tile = static_cast<int>(blockIdx.x); tile < g.tiles(); tile += static_cast<int>(gridDim.x)) {
        fill_dz<T, V>(gradient, g, g.place(tile), shared.outputs, slopes, dz);
#pragma unroll 1
        for (int first = 0; first < g.channels; first += kDepth) {
            const TilePlace place = g.place(cuda::unknown(tile));
            staged.start(input, g, place, first, copies);
            staged.finish(input, g, place, first, nullptr, copies);
            __syncthreads();  // dz, a, sums, weights and taps are filled, and the da before has been read
            const T* const own_taps = taps + first * 9;
            if (has_bias && first == 0) add_bias_gradient(dz, shared.outputs, sums + layout.bias());
            pairs::filter(a, own_taps, [&](int row, const float(&pair)[2]) {
                const Column at;
                cuda::store_floats<2>(pair, u + index(at.pixel(row), at.channel));
            });
            multiply_weights(dz, weights + first * shared.outputs, shared.outputs, du);
            __syncthreads();  // u and du are filled, and the lanes before have been read
            add_pointwise_gradient(dz, u, shared.outputs, first, shared.channels, sums);
            const DepthwiseGradients grads(du, a, own_taps);
#pragma unroll
            for (int tap = 0; tap < 9; ++tap) leave(grads.taps[tap], tap, 9, lanes);
            __syncthreads();  // u, du and a have been read, and the lanes are filled
            const Column column;
#pragma unroll
            for (int row = 0; row < kTileHeight; ++row)
                cuda::store_floats<2>(grads.da[row], u + column.pixel(row) * kDepth + column.channel);
            for (int i = thread; i < 9 * kDepth; i += kThreads)
                sums[layout.depthwise() + (first + i % kDepth) * 9 + i / kDepth] +=
                    take(lanes, i / kDepth, 9, i % kDepth);
            __syncthreads();  // u is da, and the lanes have been read
            float of_dz[V] = {}, of_products[V] = {};
            visit_input_gradients<kDepth, kThreads, V>(
                input, to, g, place, first,
                [&](int i, float(&values)[V]) {
                    cuda::load_floats<V>(u + i * kDepth + staged.own(), values);
                },
                [&](int, const float(&values)[V], const float(&centred)[V]) {
#pragma unroll
                    for (int v = 0; v < V; ++v) {
                        of_dz[v] += values[v];
                        of_products[v] += values[v] * centred[v];
                    }
                });
            if (input.in.mean == nullptr) continue;
            leave(of_dz, 0, 2, lanes);
            leave(of_products, 1, 2, lanes);
            __syncthreads();  // the lanes are filled
            if (thread < 2 * kDepth)
                sums[layout.normalization() + thread / kDepth * shared.channels + first + thread % kDepth] +=
                    take(lanes, thread / kDepth, 2, thread % kDepth);
        }
    }
    __syncthreads();  // all sums are there
    leave_sums(sums, merge);
}

}  // namespace tern::separable_conv2d_passes::backward_mma
