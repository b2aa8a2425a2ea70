// Depthwise convolution on CUDA. NHWC keeps channels contiguous, so a thread owns a pack of V channels (16
// bytes) and neighbouring threads own neighbouring packs. All sums are float32; orders are fixed, so equal
// inputs give equal bits.
#include <algorithm>
#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::depthwise_conv2d_passes {
namespace {

using cuda::Pack;

// What the kernels need of the shapes; paddings may be negative (the backward pass of stride 1 is a forward
// pass).
struct Geometry {
    int batch, height, width, out_height, out_width, channels;
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    bool turned;  // the filter turned by 180 degrees
};

constexpr int kPacks = 16;    // packs of channels per block: 64 float32 or 128 half-precision channels
constexpr int kColumns = 16;  // output columns per block, one per thread row
// Output rows per block, all by one thread: 1.5 rows of a 3x3 input per row of output.
constexpr int kRows = 4;
constexpr int kTapGroup = 9;  // filter taps per pass of the weight gradient: a whole 3x3 filter in registers
constexpr std::int64_t kMaxGridZ = 65535;
constexpr int kSharedLimit = 48 * 1024;  // what every GPU gives a block without asking
constexpr int kGatherThreads = 256;

// Rows and columns of input that a tile of outputs reads.
__host__ __device__ int tile_height(const Geometry& g, int rows) {
    return (rows - 1) * g.stride_h + g.dilation_h * (g.kernel_h - 1) + 1;
}
__host__ __device__ int tile_width(const Geometry& g) {
    return (kColumns - 1) * g.stride_w + g.dilation_w * (g.kernel_w - 1) + 1;
}

// Filter taps (tap, channel of the block) as float, then the input tile (row, column, channel of the block)
// as T.
template <class T, int V>
std::size_t shared_bytes(const Geometry& g, int rows) {
    const std::size_t taps = sizeof(float) * g.kernel_h * g.kernel_w * kPacks * V;
    return taps + sizeof(T) * tile_height(g, rows) * tile_width(g) * kPacks * V;
}

// grid: (channel blocks, column tiles * row tiles, images); block: (kPacks, kColumns)
// x: (N, H, W, C), w: (C, 1, KH, KW), bias: (C) or null, y: (N, OH, OW, C)
template <class T, int V>
__global__ void depthwise_conv2d_forward_tile_kernel(const T* x, const T* w, const T* bias, T* y, Geometry g,
                                                     int rows) {
    TERN_DYNAMIC_SHARED(unsigned char, shared);
    float* const taps = reinterpret_cast<float*>(shared);
    const int tap_count = g.kernel_h * g.kernel_w;
    T* const tile = reinterpret_cast<T*>(taps + tap_count * kPacks * V);

    const int column_tiles = (g.out_width + kColumns - 1) / kColumns;
    const int first_oh = static_cast<int>(blockIdx.y) / column_tiles * rows;
    const int first_ow = static_cast<int>(blockIdx.y) % column_tiles * kColumns;
    const int pack = static_cast<int>(threadIdx.x), column = static_cast<int>(threadIdx.y);
    const int block_channel = static_cast<int>(blockIdx.x) * kPacks * V;
    const int channel = block_channel + pack * V;
    const bool active = channel < g.channels;  // C is a multiple of V
    const int thread = column * kPacks + pack, threads = kPacks * kColumns;

    for (int i = thread; i < tap_count * kPacks * V; i += threads) {
        const int tap = i / (kPacks * V), c = block_channel + i % (kPacks * V);
        const int source = g.turned ? tap_count - 1 - tap : tap;
        taps[i] =
            c < g.channels ? static_cast<float>(w[static_cast<std::int64_t>(c) * tap_count + source]) : 0.0f;
    }
    const int tile_h = tile_height(g, rows), tile_w = tile_width(g);
    const int first_h = first_oh * g.stride_h - g.pad_top, first_w = first_ow * g.stride_w - g.pad_left;
    const T* image = x + static_cast<std::int64_t>(blockIdx.z) * g.height * g.width * g.channels;
    for (int pixel = column; pixel < tile_h * tile_w; pixel += kColumns) {
        const int h = first_h + pixel / tile_w, column_x = first_w + pixel % tile_w;
        Pack<T, V> values;
        if (active && h >= 0 && h < g.height && column_x >= 0 && column_x < g.width) {
            values = cuda::load_pack<V>(
                image + (static_cast<std::int64_t>(h) * g.width + column_x) * g.channels + channel);
        } else {
            for (int v = 0; v < V; ++v) values[v] = static_cast<T>(0.0f);
        }
        cuda::store_pack<V>(tile + (pixel * kPacks + pack) * V, values);
    }
    __syncthreads();  // taps and tile are filled

    const int ow = first_ow + column;
    if (!active || ow >= g.out_width) return;
    Pack<T, V> shift;
    if (bias != nullptr) shift = cuda::load_pack<V>(bias + channel);
    for (int row = 0; row < rows && first_oh + row < g.out_height; ++row) {
        float sums[V] = {};
        for (int kh = 0; kh < g.kernel_h; ++kh) {
            for (int kw = 0; kw < g.kernel_w; ++kw) {
                const int pixel =
                    (row * g.stride_h + kh * g.dilation_h) * tile_w + column * g.stride_w + kw * g.dilation_w;
                const Pack<T, V> values = cuda::load_pack<V>(tile + (pixel * kPacks + pack) * V);
                const float* tap = taps + ((kh * g.kernel_w + kw) * kPacks + pack) * V;
                for (int v = 0; v < V; ++v) sums[v] += static_cast<float>(values[v]) * tap[v];
            }
        }
        Pack<T, V> result;
        for (int v = 0; v < V; ++v)
            result[v] = static_cast<T>(bias == nullptr ? sums[v] : sums[v] + static_cast<float>(shift[v]));
        const std::int64_t position =
            (static_cast<std::int64_t>(blockIdx.z) * g.out_height + first_oh + row) * g.out_width + ow;
        cuda::store_pack<V>(y + position * g.channels + channel, result);
    }
}

// Windows whose tile is too large, as 7x7 with a dilation of 3: each thread gathers a pack of outputs.
// x: (N, H, W, C), w: (C, 1, KH, KW), bias: (C) or null, y: (N, OH, OW, C)
template <class T, int V>
__global__ void depthwise_conv2d_forward_gather_kernel(const T* x, const T* w, const T* bias, T* y,
                                                       Geometry g) {
    const int packs = g.channels / V;
    const std::int64_t count = static_cast<std::int64_t>(g.batch) * g.out_height * g.out_width * packs;
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const int channel = static_cast<int>(i % packs) * V;
    const std::int64_t pixel = i / packs;
    const int ow = static_cast<int>(pixel % g.out_width),
              oh = static_cast<int>(pixel / g.out_width % g.out_height);
    const T* const image = x + pixel / g.out_width / g.out_height * g.height * g.width * g.channels + channel;
    const int tap_count = g.kernel_h * g.kernel_w;
    float sums[V] = {};
    for (int kh = 0; kh < g.kernel_h; ++kh) {
        const int h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
        if (h < 0 || h >= g.height) continue;
        for (int kw = 0; kw < g.kernel_w; ++kw) {
            const int column = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
            if (column < 0 || column >= g.width) continue;
            const Pack<T, V> values =
                cuda::load_pack<V>(image + (static_cast<std::int64_t>(h) * g.width + column) * g.channels);
            for (int v = 0; v < V; ++v) {
                const std::int64_t tap =
                    static_cast<std::int64_t>(channel + v) * tap_count + kh * g.kernel_w + kw;
                sums[v] += static_cast<float>(values[v]) * static_cast<float>(w[tap]);
            }
        }
    }
    Pack<T, V> result;
    for (int v = 0; v < V; ++v)
        result[v] =
            static_cast<T>(bias == nullptr ? sums[v] : sums[v] + static_cast<float>(bias[channel + v]));
    cuda::store_pack<V>(y + pixel * g.channels + channel, result);
}

// Any stride: each thread gathers from the windows that read its pixel.
// dy: (N, OH, OW, C), w: (C, 1, KH, KW), dx: (N, H, W, C)
template <class T, int V>
__global__ void depthwise_conv2d_backward_input_gather_kernel(const T* dy, const T* w, T* dx, Geometry g) {
    const int packs = g.channels / V;
    const std::int64_t count = static_cast<std::int64_t>(g.batch) * g.height * g.width * packs;
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const int channel = static_cast<int>(i % packs) * V;
    const std::int64_t pixel = i / packs;
    const int column = static_cast<int>(pixel % g.width), row = static_cast<int>(pixel / g.width % g.height);
    const std::int64_t image = pixel / g.width / g.height;
    const int tap_count = g.kernel_h * g.kernel_w;
    float sums[V] = {};
    for (int kh = 0; kh < g.kernel_h; ++kh) {
        const int from_h = row + g.pad_top - kh * g.dilation_h;
        if (from_h < 0 || from_h % g.stride_h != 0 || from_h / g.stride_h >= g.out_height) continue;
        for (int kw = 0; kw < g.kernel_w; ++kw) {
            const int from_w = column + g.pad_left - kw * g.dilation_w;
            if (from_w < 0 || from_w % g.stride_w != 0 || from_w / g.stride_w >= g.out_width) continue;
            const std::int64_t position =
                (image * g.out_height + from_h / g.stride_h) * g.out_width + from_w / g.stride_w;
            const Pack<T, V> grads = cuda::load_pack<V>(dy + position * g.channels + channel);
            for (int v = 0; v < V; ++v) {
                const std::int64_t tap =
                    static_cast<std::int64_t>(channel + v) * tap_count + kh * g.kernel_w + kw;
                sums[v] += static_cast<float>(grads[v]) * static_cast<float>(w[tap]);
            }
        }
    }
    Pack<T, V> result;
    for (int v = 0; v < V; ++v) result[v] = static_cast<T>(sums[v]);
    cuda::store_pack<V>(dx + pixel * g.channels + channel, result);
}

// What the threads of a weight gradient go through: runs of up to kRun outputs of a row, so that a batch of
// 64 images of 32 rows makes 4096, one for each thread row of two blocks per multiprocessor of an H100.
constexpr int kRun = 16;

struct Run {
    int image, oh, first, last;  // output columns [first, last)
};

__host__ __device__ int runs_per_row(const Geometry& g) { return (g.out_width + kRun - 1) / kRun; }

__device__ Run run_at(const Geometry& g, std::int64_t i) {
    const int per_row = runs_per_row(g);
    const int first = static_cast<int>(i % per_row) * kRun;
    const int line = static_cast<int>(i / per_row);
    return {line / g.out_height, line % g.out_height, first, min(first + kRun, g.out_width)};
}

// The pack at (image, h, column), zeros outside.
template <class T, int V>
__device__ __forceinline__ Pack<T, V> pack_at(const T* x, const Geometry& g, int image, int h, int column) {
    Pack<T, V> values{};
    if (h >= 0 && h < g.height && column >= 0 && column < g.width) {
        const std::int64_t pixel = (static_cast<std::int64_t>(image) * g.height + h) * g.width + column;
        values = cuda::load_pack<V>(x + pixel * g.channels);
    }
    return values;
}

template <class T, int V>
__device__ __forceinline__ void add_product(float (&sums)[V], const Pack<T, V>& a, const Pack<T, V>& b) {
#pragma unroll
    for (int v = 0; v < V; ++v) sums[v] += static_cast<float>(a[v]) * static_cast<float>(b[v]);
}

// A run's part of the sums of 3x3 taps side by side: the window moves through registers, so that a column of
// x is read once where the loop over taps reads it three times. x, dy: at the thread's channels.
template <class T, int V>
__device__ __forceinline__ void add_run_3x3(const T* x, const T* dy, const Geometry& g, const Run& run,
                                            float (&sums)[kTapGroup][V]) {
    Pack<T, V> window[3][3];
#pragma unroll
    for (int row = 0; row < 3; ++row)
        for (int column = 0; column < 2; ++column)
            window[row][column] =
                pack_at<T, V>(x, g, run.image, run.oh + row - g.pad_top, run.first + column - g.pad_left);
#pragma unroll 3  // the columns of the window turn: no moves are left
    for (int ow = run.first; ow < run.last; ++ow) {
        const std::int64_t output =
            (static_cast<std::int64_t>(run.image) * g.out_height + run.oh) * g.out_width + ow;
        const Pack<T, V> grads = cuda::load_pack<V>(dy + output * g.channels);
#pragma unroll
        for (int row = 0; row < 3; ++row) {
            window[row][2] = pack_at<T, V>(x, g, run.image, run.oh + row - g.pad_top, ow + 2 - g.pad_left);
#pragma unroll
            for (int column = 0; column < 3; ++column)
                add_product(sums[row * 3 + column], window[row][column], grads);
            window[row][0] = window[row][1];
            window[row][1] = window[row][2];
        }
    }
}

// The same for taps [first_tap, first_tap + kTapGroup) of any filter.
template <class T, int V>
__device__ __forceinline__ void add_run(const T* x, const T* dy, const Geometry& g, const Run& run,
                                        int first_tap, float (&sums)[kTapGroup][V]) {
    for (int ow = run.first; ow < run.last; ++ow) {
        const std::int64_t output =
            (static_cast<std::int64_t>(run.image) * g.out_height + run.oh) * g.out_width + ow;
        const Pack<T, V> grads = cuda::load_pack<V>(dy + output * g.channels);
#pragma unroll
        for (int t = 0; t < kTapGroup; ++t) {
            const int tap = first_tap + t;
            if (tap >= g.kernel_h * g.kernel_w) continue;
            const int h = run.oh * g.stride_h + tap / g.kernel_w * g.dilation_h - g.pad_top;
            const int column = ow * g.stride_w + tap % g.kernel_w * g.dilation_w - g.pad_left;
            add_product(sums[t], pack_at<T, V>(x, g, run.image, h, column), grads);
        }
    }
}

constexpr int kMergedTaps = 3;  // whose sums are in shared memory at a time: 12 KB

// Sums over the runs of one block for up to kTapGroup taps; the rows of threads take runs in turn and are
// added in order. kIs3x3: a 3x3 filter without stride and dilation. grid: (channel blocks, tap groups,
// partial sums); block: (kPacks, kColumns). x: (N, H, W, C), dy: (N, OH, OW, C), partial: (partial sums, KH *
// KW, C)
template <class T, int V, bool kIs3x3>
__global__ void __launch_bounds__(kPacks* kColumns, 2)
    depthwise_conv2d_backward_weight_partial_kernel(const T* x, const T* dy, float* partial, Geometry g,
                                                    std::int64_t runs, int block_runs) {
    TERN_SHARED(float, row_sums, kMergedTaps* kColumns* kPacks* V);
    const int pack = static_cast<int>(threadIdx.x), thread_row = static_cast<int>(threadIdx.y);
    const int block_channel = static_cast<int>(blockIdx.x) * kPacks * V, channel = block_channel + pack * V;
    const int tap_count = g.kernel_h * g.kernel_w, first_tap = static_cast<int>(blockIdx.y) * kTapGroup;
    const std::int64_t first_run = static_cast<std::int64_t>(blockIdx.z) * block_runs;
    const std::int64_t last_run = first_run + block_runs < runs ? first_run + block_runs : runs;
    float sums[kTapGroup][V] = {};
    if (channel < g.channels) {  // C is a multiple of V
        for (std::int64_t i = first_run + thread_row; i < last_run; i += kColumns) {
            if constexpr (kIs3x3)
                add_run_3x3<T, V>(x + channel, dy + channel, g, run_at(g, i), sums);
            else
                add_run<T, V>(x + channel, dy + channel, g, run_at(g, i), first_tap, sums);
        }
    }
#pragma unroll
    for (int first = 0; first < kTapGroup; first += kMergedTaps) {
#pragma unroll
        for (int t = 0; t < kMergedTaps; ++t)
            for (int v = 0; v < V; ++v)
                row_sums[((t * kColumns + thread_row) * kPacks + pack) * V + v] = sums[first + t][v];
        __syncthreads();  // row_sums is filled
        for (int i = thread_row * kPacks + pack; i < kMergedTaps * kPacks * V; i += kPacks * kColumns) {
            const int own_tap = first_tap + first + i / (kPacks * V), own_channel = i % (kPacks * V);
            if (own_tap >= tap_count || block_channel + own_channel >= g.channels) continue;
            const float* const from = row_sums + i / (kPacks * V) * kColumns * kPacks * V + own_channel;
            float sum = 0.0f;
            for (int row = 0; row < kColumns; ++row) sum += from[row * kPacks * V];
            const std::int64_t to = static_cast<std::int64_t>(blockIdx.z) * tap_count + own_tap;
            partial[to * g.channels + block_channel + own_channel] = sum;
        }
        __syncthreads();  // row_sums has been read
    }
}

constexpr int kMergeElements = 32, kMergeLanes = 16;  // of a block that merges partial sums

// dw[c][tap] = the partial sums: every kMergeLanes-th by one thread, and these in order. block:
// (kMergeElements, kMergeLanes). partial: (partials, KH * KW, C), dw: (C, 1, KH, KW)
template <class R>
__global__ void depthwise_conv2d_backward_weight_merge_kernel(const float* partial, R* dw, int partials,
                                                              int taps, int channels) {
    TERN_SHARED(float, lanes, kMergeElements* kMergeLanes);
    const int i = static_cast<int>(blockIdx.x) * kMergeElements + static_cast<int>(threadIdx.x);
    const int lane = static_cast<int>(threadIdx.y), size = taps * channels;
    float sum = 0.0f;
    for (int p = lane; i < size && p < partials; p += kMergeLanes)
        sum += partial[static_cast<std::int64_t>(p) * size + i];
    lanes[lane * kMergeElements + threadIdx.x] = sum;
    __syncthreads();  // the lanes are filled
    if (lane > 0 || i >= size) return;
    for (int l = 1; l < kMergeLanes; ++l) sum += lanes[l * kMergeElements + threadIdx.x];
    dw[i % channels * taps + i / channels] = static_cast<R>(sum);
}

Geometry geometry(const Shape& image, const Shape& windows, const Window2d& w) {
    const auto i = [](std::int64_t value) { return static_cast<int>(value); };
    return {i(image[0]),     i(image[1]),     i(image[2]),   i(windows[1]), i(windows[2]),
            i(image[3]),     i(w.kernel_h),   i(w.kernel_w), i(w.stride_h), i(w.stride_w),
            i(w.dilation_h), i(w.dilation_w), i(w.pad_top),  i(w.pad_left), false};
}

// dx is what a forward pass of dy with the turned filter gives, for stride 1.
Geometry turned(Geometry g) {
    const int height = g.height, width = g.width;
    g.height = g.out_height;
    g.width = g.out_width;
    g.out_height = height;
    g.out_width = width;
    g.pad_top = g.dilation_h * (g.kernel_h - 1) - g.pad_top;
    g.pad_left = g.dilation_w * (g.kernel_w - 1) - g.pad_left;
    g.turned = true;
    return g;
}

// As many output rows per block as fit; 0 if not even one does.
template <class T, int V>
int rows_that_fit(const Geometry& g) {
    int rows = kRows;
    while (rows > 0 && shared_bytes<T, V>(g, rows) > kSharedLimit) --rows;
    return rows;
}

template <class T, int V>
void launch_forward(const T* x, const T* w, const T* bias, T* y, const Geometry& g, const Stream& stream) {
    const int rows = rows_that_fit<T, V>(g);
    TERN_ASSERT(rows > 0);
    const unsigned tiles = cuda::blocks_for(g.out_width, kColumns) * cuda::blocks_for(g.out_height, rows);
    const dim3 grid(cuda::blocks_for(g.channels, kPacks * V), tiles, g.batch);
    cuda::launch(depthwise_conv2d_forward_tile_kernel<T, V>,
                 {grid, dim3(kPacks, kColumns), shared_bytes<T, V>(g, rows)}, stream, x, w, bias, y, g, rows);
}

bool accepts_images(const Tensor& images, TensorRefs all, std::string* why_not) {
    if (!accepts_cuda_floating(all, why_not)) return false;
    return images.dim(0) <= kMaxGridZ || refuse(why_not, "more than ", kMaxGridZ, " images");
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &w = pass.w, &y = pass.y;
    const Geometry g = geometry(x.shape(), y.shape(), pass.params.window);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        const T* const bias = pass.bias ? pass.bias.data<T>() : nullptr;
        if (rows_that_fit<T, V>(g) > 0)
            launch_forward<T, V>(x.data<T>(), w.data<T>(), bias, y.data<T>(), g, stream);
        else
            cuda::launch(depthwise_conv2d_forward_gather_kernel<T, V>,
                         {dim3(cuda::blocks_for(y.numel() / V, kGatherThreads)), dim3(kGatherThreads)},
                         stream, x.data<T>(), w.data<T>(), bias, y.data<T>(), g);
    });
}

void run(Cuda, const BackwardInput& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    const Geometry g = geometry(dx.shape(), dy.shape(), pass.params.window);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        if (g.stride_h == 1 && g.stride_w == 1 && rows_that_fit<T, V>(turned(g)) > 0) {
            launch_forward<T, V>(dy.data<T>(), w.data<T>(), static_cast<const T*>(nullptr), dx.data<T>(),
                                 turned(g), stream);
            return;
        }
        const dim3 grid(cuda::blocks_for(dx.numel() / V, kGatherThreads));
        cuda::launch(depthwise_conv2d_backward_input_gather_kernel<T, V>, {grid, dim3(kGatherThreads)},
                     stream, dy.data<T>(), w.data<T>(), dx.data<T>(), g);
    });
}

void run(Cuda, const BackwardWeight& pass, const Stream& stream) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    const Geometry g = geometry(x.shape(), dy.shape(), pass.params.window);
    const int taps = g.kernel_h * g.kernel_w;
    constexpr std::int64_t kMostPartials = 528;  // two rounds of two blocks for each of 132 multiprocessors
    const std::int64_t runs = static_cast<std::int64_t>(g.batch) * g.out_height * runs_per_row(g);
    const int rounds = static_cast<int>(cuda::blocks_for(runs, kColumns * kMostPartials));
    const int block_runs = std::max(1, rounds) * kColumns;
    const int partials = static_cast<int>(cuda::blocks_for(runs, block_runs));
    const Tensor partial = Tensor::empty({partials, taps, g.channels}, DType::float32, x.device());
    const bool is_3x3 = g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 &&
                        g.dilation_h == 1 && g.dilation_w == 1;
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int kWide>() {
        constexpr int V = std::min(kWide, 4);  // 8 would need 72 registers for the sums alone
        const dim3 grid(cuda::blocks_for(g.channels, kPacks * V), cuda::blocks_for(taps, kTapGroup),
                        partials);
        const auto kernel = is_3x3 ? depthwise_conv2d_backward_weight_partial_kernel<T, V, true>
                                   : depthwise_conv2d_backward_weight_partial_kernel<T, V, false>;
        cuda::launch(kernel, {grid, dim3(kPacks, kColumns)}, stream, x.data<T>(), dy.data<T>(),
                     partial.data<float>(), g, runs, block_runs);
        visit_gradient_type<T>(dw.dtype(), [&]<class R>() {
            cuda::launch(
                depthwise_conv2d_backward_weight_merge_kernel<R>,
                {dim3(cuda::blocks_for(static_cast<std::int64_t>(taps) * g.channels, kMergeElements)),
                 dim3(kMergeElements, kMergeLanes)},
                stream, partial.data<float>(), dw.data<R>(), partials, taps, g.channels);
        });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_images(pass.x, tensors_of(pass), why_not);
}

bool accepts(Cuda, const BackwardInput& pass, std::string* why_not) {
    return accepts_images(pass.dy, tensors_of(pass), why_not);
}

bool accepts(Cuda, const BackwardWeight& pass, std::string* why_not) {
    return accepts_images(pass.x, tensors_of(pass), why_not);
}

}  // namespace tern::depthwise_conv2d_passes
