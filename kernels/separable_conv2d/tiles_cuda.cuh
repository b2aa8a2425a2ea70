// Images in tiles of 8 x 16 pixels with a border of one, and how they come into shared memory normalised.
#pragma once

#include "tern/core/cuda/device/unknown.cuh"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/normalize/normalize_device.cuh"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::separable_conv2d_passes {

inline constexpr int kTileWidth = 16, kTileHeight = 8, kTilePixels = kTileWidth * kTileHeight;
inline constexpr int kBorderedWidth = kTileWidth + 2, kBorderedPixels = (kTileHeight + 2) * kBorderedWidth;

/// The tile of a block.
struct TilePlace {
    int image, row, column;  // of its first pixel

    /// Of the image's row and column at an entry of the bordered tile.
    __device__ int row_at(int entry) const { return row - 1 + entry / kBorderedWidth; }
    __device__ int column_at(int entry) const { return column - 1 + entry % kBorderedWidth; }
};

/// Whether an entry of the bordered tile is not of its border.
__device__ __forceinline__ bool is_inner(int entry) {
    const int row = entry / kBorderedWidth, column = entry % kBorderedWidth;
    return row >= 1 && row <= kTileHeight && column >= 1 && column <= kTileWidth;
}

/// Of a pixel of the tile, in the bordered one.
__device__ __forceinline__ int inner_entry(int pixel) {
    return (pixel / kTileWidth + 1) * kBorderedWidth + pixel % kTileWidth + 1;
}

struct Geometry {
    int images, height, width, channels, outputs;
    int tile_rows, tile_columns;  // of an image

    Geometry(const Shape& x, std::int64_t output_count)
        : images(static_cast<int>(x[0])),
          height(static_cast<int>(x[1])),
          width(static_cast<int>(x[2])),
          channels(static_cast<int>(x[3])),
          outputs(static_cast<int>(output_count)),
          tile_rows(static_cast<int>(cuda::blocks_for(x[1], kTileHeight))),
          tile_columns(static_cast<int>(cuda::blocks_for(x[2], kTileWidth))) {}

    __host__ __device__ int tiles() const { return images * tile_rows * tile_columns; }
    /// Blocks that share the tiles evenly, at most `most`.
    unsigned blocks(int most) const {
        const unsigned rounds = cuda::blocks_for(tiles(), most);
        return rounds == 0 ? 0 : cuda::blocks_for(tiles(), rounds);
    }
    __device__ TilePlace place(int tile) const {
        const int line = tile / tile_columns;
        return {line / tile_rows, line % tile_rows * kTileHeight, tile % tile_columns * kTileWidth};
    }
    /// -1: outside the image
    __device__ int pixel(int image, int row, int column) const {
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? (image * height + row) * width + column : -1;
    }
    __device__ int pixel_at(const TilePlace& place, int entry) const {
        return pixel(place.image, place.row_at(entry), place.column_at(entry));
    }
    __device__ int pixels_of(const TilePlace& place) const {
        return min(kTileHeight, height - place.row) * min(kTileWidth, width - place.column);
    }
};

/// none and relu as one comparison, for kernels whose registers the code of all the others would take.
struct Rectifier {
    float floor;  // NaN, below which nothing is: none

    template <int V>
    __device__ __forceinline__ void forward(float (&z)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) z[v] = z[v] < floor ? 0.0f : z[v];
    }
    /// As normalize_device::AnyActivation: dy becomes dz.
    template <int V>
    __device__ __forceinline__ void backward(const float (&z)[V], float (&dy)[V]) const {
#pragma unroll
        for (int v = 0; v < V; ++v) dy[v] = z[v] <= floor ? 0.0f : dy[v];
    }
};

/// The input of the depthwise part: a = activation(normalised x + residual), or x itself. A: Rectifier, or
/// normalize_device::AnyActivation
template <class T, class A>
struct Input {
    const T *x, *residual;               // (N, H, W, C); the residual may be null
    normalize_device::ChannelInputs in;  // null pointers: x itself
    A activation;
};

/// Every pixel of the bordered tile, V of `channels` from `channel` on: load(b, offset) for those inside image and channels, kBatch of
/// which are under way at a time, then put(b, entry, offset), offset -1 for those outside. The threads of the block share
/// kDepth channels; `channel` is this thread's.
template <int kDepth, int kThreads, int V, int kBatch, class Load, class Put>
__device__ __forceinline__ void visit_entries(const Geometry& g, const TilePlace& place, int channels,
                                              int channel, Load load, Put put) {
    constexpr int kPacks = kDepth / V, kEntries = kThreads / kPacks;
    const int thread = cuda::unknown(static_cast<int>(threadIdx.x));
#pragma unroll 1  // two would spill registers
    for (int first = thread / kPacks; first < kBorderedPixels; first += kBatch * kEntries) {
        int offsets[kBatch];
#pragma unroll
        for (int b = 0; b < kBatch; ++b) {
            const int entry = first + b * kEntries;
            const int pixel = entry < kBorderedPixels ? g.pixel_at(place, entry) : -1;
            offsets[b] = pixel >= 0 && channel < channels ? pixel * channels + channel : -1;
            if (offsets[b] >= 0) load(b, offsets[b]);
        }
#pragma unroll
        for (int b = 0; b < kBatch; ++b)
            if (first + b * kEntries < kBorderedPixels) put(b, first + b * kEntries, offsets[b]);
    }
}

/// values += those at an offset, where there are any.
template <int V, class T>
__device__ __forceinline__ void add_floats(const T* from, int offset, float (&values)[V]) {
    if (from == nullptr) return;
    float added[V];
    cuda::load_floats<V>(from + offset, added);
#pragma unroll
    for (int v = 0; v < V; ++v) values[v] += added[v];
}

/// Calls put(entry, values) for V channels of every pixel of the bordered tile, zeros outside image and channels. The
/// threads of the block share kDepth channels from `first`. With `kept`, a's inner pixels go there as well.
template <int kDepth, int kThreads, int V, class T, class A, class Put>
__device__ __forceinline__ void visit_input(const Input<T, A>& input, const Geometry& g,
                                            const TilePlace& place, int first, T* kept, Put put) {
    const int channel = first + cuda::unknown(static_cast<int>(threadIdx.x)) % (kDepth / V) * V;
    const auto visit = [&](auto change) {
        visit_entries<kDepth, kThreads, V, 1>(
            g, place, g.channels, channel, [](int, int) {},  // C is a multiple of V
            [&](int, int entry, int offset) {
                float values[V] = {};
                if (offset >= 0) {
                    cuda::load_floats<V>(input.x + offset, values);
                    change(values, offset);
                    if (kept != nullptr && is_inner(entry)) cuda::store_floats<V>(values, kept + offset);
                }
                put(entry, values);
            });
    };
    if (input.in.mean == nullptr) {
        visit([](float(&)[V], int) {});
        return;
    }
    const normalize_device::Affine<V> affine(input.in, channel < g.channels ? channel : 0);
    visit([&](float(&values)[V], int offset) {
        affine.apply(values);
        add_floats(input.residual, offset, values);
        input.activation.forward(values);
    });
}

}  // namespace tern::separable_conv2d_passes
