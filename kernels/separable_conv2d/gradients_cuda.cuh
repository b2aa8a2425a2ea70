// What both backward kernels are given and leave: the gradients of the input, and sums of each block, which a second kernel merges.
#pragma once

#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/separable_conv2d/tiles_cuda.cuh"

namespace tern::separable_conv2d_passes {

/// dz = dy + dmean / M + 2 (y - mean) dvariance / M; of mean and variance there may be no gradients.
template <class T>
struct OutputGradient {
    const T *dy, *y;                        // (N, H, W, O)
    const float *mean, *dmean, *dvariance;  // (O)
    float per_row;                          // 1 / M
};

/// Where gradients of the input go, (N, H, W, C), null where nobody needs them; `kept`: that of a, where it was kept.
template <class T>
struct InputGradients {
    const T* kept;
    T *dx, *dresidual;
};

/// What a block sums over its tiles, float32: (O, C) of the pointwise weights, (C, 9) of the depthwise ones, (2, C): of dz and of
/// dz (x - mean), (O) of the bias.
struct SumsLayout {
    int outputs, channels;

    __host__ __device__ int depthwise() const { return outputs * channels; }
    __host__ __device__ int normalization() const { return depthwise() + 9 * channels; }
    __host__ __device__ int bias() const { return normalization() + 2 * channels; }
    __host__ __device__ int size() const { return bias() + outputs; }
};

/// Takes da of the tile's pixels through the normalisation: load(i, grads) gives V channels of da of pixel i; then dx, and found(i,
/// dz, x - mean), both 0 outside image and channels. Without a normalisation da is dx, and nothing is found. The threads of
/// the block share kDepth channels from `first`.
template <int kDepth, int kThreads, int V, class T, class A, class Load, class Found>
__device__ __forceinline__ void visit_input_gradients(const Input<T, A>& input, const InputGradients<T>& to,
                                                      const Geometry& g, const TilePlace& place, int first,
                                                      Load load, Found found) {
    constexpr int kPacks = kDepth / V;
    const int channel = first + static_cast<int>(threadIdx.x) % kPacks * V;
    const auto visit = [&](auto change) {
        for (int i = static_cast<int>(threadIdx.x) / kPacks; i < kTilePixels; i += kThreads / kPacks) {
            const int pixel = g.pixel_at(place, inner_entry(i));
            const bool inside = pixel >= 0 && channel < g.channels;
            const int offset = inside ? pixel * g.channels + channel : -1;
            float grads[V] = {};
            if (inside) load(i, grads);
            change(grads, i, offset);
            if (inside && to.dx != nullptr) cuda::store_floats<V>(grads, to.dx + offset);
        }
    };
    if (input.in.mean == nullptr) {
        visit([](float(&)[V], int, int) {});
        return;
    }
    const normalize_device::Affine<V> affine(input.in, channel < g.channels ? channel : 0);
    visit([&](float(&grads)[V], int i, int offset) {
        float centred[V] = {};
        if (offset >= 0) {
            float x[V], z[V];
            cuda::load_floats<V>(input.x + offset, x);
#pragma unroll
            for (int v = 0; v < V; ++v) z[v] = x[v];
            affine.apply(z);
            add_floats(input.residual, offset, z);
            add_floats(to.kept, offset, grads);
            input.activation.backward(z, grads);
            if (to.dresidual != nullptr) cuda::store_floats<V>(grads, to.dresidual + offset);
#pragma unroll
            for (int v = 0; v < V; ++v) centred[v] = x[v] - affine.mean[v];
        }
        found(i, grads, centred);
#pragma unroll
        for (int v = 0; v < V; ++v) grads[v] *= affine.scale[v];
    });
}

/// Where the merged sums go. R: of the gradients of weights.
template <class R>
struct Results {
    R *dpointwise, *ddepthwise, *dbias;  // dbias may be null
    MergeNormalizeGradients normalization;
};

inline constexpr int kMergeColumns = 32, kMergeRows = 16;

// A thread row adds up every sixteenth block, and the rows are added in order. layout: of the partial sums.
// grid: (sums / kMergeColumns); block: (kMergeColumns, kMergeRows)
template <class R>
__global__ void separable_conv2d_merge_kernel(const float* partial, int blocks, SumsLayout layout,
                                              Results<R> to, bool normalized, int outputs, int channels) {
    TERN_SHARED(double, firsts, kMergeColumns* kMergeRows);
    TERN_SHARED(double, seconds, kMergeColumns* kMergeRows);
    const int column = static_cast<int>(threadIdx.x), row = static_cast<int>(threadIdx.y);
    const int i = static_cast<int>(blockIdx.x) * kMergeColumns + column;
    const int of_dz = layout.normalization(), of_products = of_dz + layout.channels;
    const bool is_pair = i >= of_dz && i < of_products;  // with the sum of products of the same channel
    double first = 0, second = 0;
    if (i < layout.size()) {
#pragma unroll 4
        for (int block = row; block < blocks; block += kMergeRows) {
            const float* const from = partial + static_cast<std::int64_t>(block) * layout.size() + i;
            first += static_cast<double>(from[0]);
            if (is_pair) second += static_cast<double>(from[layout.channels]);
        }
    }
    firsts[row * kMergeColumns + column] = first;
    if (is_pair) seconds[row * kMergeColumns + column] = second;
    __syncthreads();  // both are filled
    if (row > 0 || i >= layout.size()) return;
    for (int other = 1; other < kMergeRows; ++other) {
        first += firsts[other * kMergeColumns + column];
        if (is_pair) second += seconds[other * kMergeColumns + column];
    }
    const R rounded = static_cast<R>(static_cast<float>(first));
    if (i < layout.depthwise()) {
        const int output = i / layout.channels, channel = i % layout.channels;
        if (output < outputs && channel < channels) to.dpointwise[output * channels + channel] = rounded;
    } else if (i < of_dz) {
        const int tap = i - layout.depthwise();
        if (tap < 9 * channels) to.ddepthwise[tap] = rounded;
    } else if (is_pair) {
        if (normalized && i - of_dz < channels) to.normalization.finish(i - of_dz, first, second);
    } else if (i >= layout.bias()) {
        if (to.dbias != nullptr && i - layout.bias() < outputs) to.dbias[i - layout.bias()] = rounded;
    }
}

}  // namespace tern::separable_conv2d_passes
