// What both backward kernels are given and leave: the gradients of the input, and sums of each block, which are merged.
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

/// The gradients of weights, of type T or float32; no parameter of the kernels, of which there would be twice as many.
template <class T>
struct WeightGradients {
    T* rounded;  // or null
    float* whole;

    WeightGradients(const Tensor& gradients) : rounded(nullptr), whole(nullptr) {
        if (!gradients) return;
        if (gradients.dtype() == DType::float32)
            whole = gradients.data<float>();
        else
            rounded = gradients.data<T>();
    }
    __device__ void set(int i, double sum) const {
        if (whole != nullptr)
            whole[i] = static_cast<float>(sum);
        else if (rounded != nullptr)
            rounded[i] = static_cast<T>(static_cast<float>(sum));
    }
};

/// The merge of the blocks' sums. partial: (blocks, SumsLayout)
template <class T>
struct MergeSums {
    using Sum = double;
    float* partial;
    SumsLayout layout;
    int outputs, channels;  // without what pads them
    WeightGradients<T> dpointwise, ddepthwise, dbias;
    MergeNormalizeGradients normalization;  // without one dgamma is null

    __device__ void add(double& sum, int block, int i) const {
        sum += static_cast<double>(partial[static_cast<std::int64_t>(block) * layout.size() + i]);
    }
    __device__ void finish(int i, double sum) const {
        const int of_dz = layout.normalization(), of_products = of_dz + layout.channels;
        if (i < layout.depthwise()) {
            const int output = i / layout.channels, channel = i % layout.channels;
            if (output < outputs && channel < channels) dpointwise.set(output * channels + channel, sum);
        } else if (i < of_dz) {
            const int tap = i - layout.depthwise();
            if (tap < 9 * channels) ddepthwise.set(tap, sum);
        } else if (i < layout.bias()) {
            const int channel = (i - of_dz) % layout.channels;
            if (normalization.dgamma == nullptr || channel >= channels) return;
            if (i < of_products)
                normalization.finish_sum(channel, sum);
            else
                normalization.finish_product(channel, sum);
        } else if (i - layout.bias() < outputs) {
            dbias.set(i - layout.bias(), sum);
        }
    }
};

/// By all threads of a block when its sums are there: leaves them, and merges those of all blocks if it is for this kernel to do.
template <class T>
__device__ __forceinline__ void leave_sums(const float* sums, const cuda::BlockMerge<MergeSums<T>>& merge) {
    const int size = merge.count, block = static_cast<int>(blockIdx.x);
    float* const own = merge.merge.partial + static_cast<std::int64_t>(block) * size;
    for (int i = static_cast<int>(threadIdx.x); i < size; i += static_cast<int>(blockDim.x)) own[i] = sums[i];
    merge.finish_block(block, 0, cuda::Span{0, size});
}

}  // namespace tern::separable_conv2d_passes
