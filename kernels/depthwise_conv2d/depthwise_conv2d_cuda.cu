// Depthwise convolution on CUDA. NHWC keeps channels contiguous, so a thread owns a pack of V channels (16
// bytes) and neighbouring threads own neighbouring packs. All sums are float32; orders are fixed, so equal
// inputs give equal bits.
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"

#include <cstdint>

#include "tern/core/cuda/device/pack.cuh"
#include "tern/core/cuda/launch.hpp"
#include "tern/core/cuda/shared_memory.cuh"
#include "tern/kernels/op.hpp"
#include "tern/kernels/visit_cuda.cuh"

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
constexpr int kRows =
    4;  // output rows per block, all by one thread: 1.5 rows of a 3x3 input per row of output
constexpr int kTapGroup = 9;  // filter taps per pass of the weight gradient: a whole 3x3 filter in registers
constexpr std::int64_t kMaxGridZ = 65535;
constexpr int kSharedLimit = 48 * 1024;  // what every GPU gives a block without asking

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
// x: (N, H, W, C), w: (C, 1, KH, KW), y: (N, OH, OW, C)
template <class T, int V>
__global__ void depthwise_conv2d_forward_tile_kernel(const T* x, const T* w, T* y, Geometry g, int rows) {
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
    for (int cell = column; cell < tile_h * tile_w; cell += kColumns) {
        const int h = first_h + cell / tile_w, column_x = first_w + cell % tile_w;
        Pack<T, V> values;
        if (active && h >= 0 && h < g.height && column_x >= 0 && column_x < g.width) {
            values = cuda::load_pack<V>(
                image + (static_cast<std::int64_t>(h) * g.width + column_x) * g.channels + channel);
        } else {
            for (int v = 0; v < V; ++v) values[v] = static_cast<T>(0.0f);
        }
        cuda::store_pack<V>(tile + (cell * kPacks + pack) * V, values);
    }
    __syncthreads();  // taps and tile are filled

    const int ow = first_ow + column;
    if (!active || ow >= g.out_width) return;
    for (int row = 0; row < rows && first_oh + row < g.out_height; ++row) {
        float sums[V] = {};
        for (int kh = 0; kh < g.kernel_h; ++kh) {
            for (int kw = 0; kw < g.kernel_w; ++kw) {
                const int cell =
                    (row * g.stride_h + kh * g.dilation_h) * tile_w + column * g.stride_w + kw * g.dilation_w;
                const Pack<T, V> values = cuda::load_pack<V>(tile + (cell * kPacks + pack) * V);
                const float* tap = taps + ((kh * g.kernel_w + kw) * kPacks + pack) * V;
                for (int v = 0; v < V; ++v) sums[v] += static_cast<float>(values[v]) * tap[v];
            }
        }
        Pack<T, V> result;
        for (int v = 0; v < V; ++v) result[v] = static_cast<T>(sums[v]);
        const std::int64_t position =
            (static_cast<std::int64_t>(blockIdx.z) * g.out_height + first_oh + row) * g.out_width + ow;
        cuda::store_pack<V>(y + position * g.channels + channel, result);
    }
}

// Any stride: each thread gathers from the windows that read its cell.
// dy: (N, OH, OW, C), w: (C, 1, KH, KW), dx: (N, H, W, C)
template <class T, int V>
__global__ void depthwise_conv2d_backward_input_gather_kernel(const T* dy, const T* w, T* dx, Geometry g) {
    const int packs = g.channels / V;
    const std::int64_t count = static_cast<std::int64_t>(g.batch) * g.height * g.width * packs;
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const int channel = static_cast<int>(i % packs) * V;
    const std::int64_t cell = i / packs;
    const int column = static_cast<int>(cell % g.width), row = static_cast<int>(cell / g.width % g.height);
    const std::int64_t image = cell / g.width / g.height;
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
    cuda::store_pack<V>(dx + cell * g.channels + channel, result);
}

// Sums over the images of one block for up to kTapGroup taps; the rows of threads split the output rows and
// are added in order. grid: (channel blocks, tap groups, partial sums); block: (kPacks, kColumns) x: (N, H,
// W, C), dy: (N, OH, OW, C), partial: (partial sums, KH * KW, C)
template <class T, int V>
__global__ void depthwise_conv2d_backward_weight_partial_kernel(const T* x, const T* dy, float* partial,
                                                                Geometry g, int images) {
    TERN_SHARED(float, row_sums, kColumns* kPacks* V);
    const int pack = static_cast<int>(threadIdx.x), thread_row = static_cast<int>(threadIdx.y);
    const int channel = (static_cast<int>(blockIdx.x) * kPacks + pack) * V;
    const bool active = channel < g.channels;
    const int tap_count = g.kernel_h * g.kernel_w, first_tap = static_cast<int>(blockIdx.y) * kTapGroup;
    const int first_image = static_cast<int>(blockIdx.z) * images;
    const int last_image = first_image + images < g.batch ? first_image + images : g.batch;
    float sums[kTapGroup][V] = {};
    for (int line = first_image * g.out_height + thread_row; active && line < last_image * g.out_height;
         line += kColumns) {
        const int image = line / g.out_height, oh = line % g.out_height;
        for (int ow = 0; ow < g.out_width; ++ow) {
            const Pack<T, V> grads = cuda::load_pack<V>(
                dy + (static_cast<std::int64_t>(line) * g.out_width + ow) * g.channels + channel);
#pragma unroll
            for (int t = 0; t < kTapGroup; ++t) {
                const int tap = first_tap + t;
                const int h = oh * g.stride_h + tap / g.kernel_w * g.dilation_h - g.pad_top;
                const int column = ow * g.stride_w + tap % g.kernel_w * g.dilation_w - g.pad_left;
                if (tap >= tap_count || h < 0 || h >= g.height || column < 0 || column >= g.width) continue;
                const std::int64_t cell =
                    (static_cast<std::int64_t>(image) * g.height + h) * g.width + column;
                const Pack<T, V> values = cuda::load_pack<V>(x + cell * g.channels + channel);
                for (int v = 0; v < V; ++v)
                    sums[t][v] += static_cast<float>(values[v]) * static_cast<float>(grads[v]);
            }
        }
    }
#pragma unroll
    for (int t = 0; t < kTapGroup; ++t) {
        for (int v = 0; v < V; ++v) row_sums[(thread_row * kPacks + pack) * V + v] = sums[t][v];
        __syncthreads();  // row_sums is filled
        if (thread_row == 0 && active && first_tap + t < tap_count) {
            for (int v = 0; v < V; ++v) {
                float sum = 0.0f;
                for (int row = 0; row < kColumns; ++row) sum += row_sums[(row * kPacks + pack) * V + v];
                const std::int64_t tap = static_cast<std::int64_t>(blockIdx.z) * tap_count + first_tap + t;
                partial[tap * g.channels + channel + v] = sum;
            }
        }
        __syncthreads();  // row_sums has been read
    }
}

// dw[c][tap] = the partial sums in their order. partial: (partials, KH * KW, C), dw: (C, 1, KH, KW)
template <class T>
__global__ void depthwise_conv2d_backward_weight_merge_kernel(const float* partial, T* dw, int partials,
                                                              int taps, int channels) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= taps * channels) return;
    float sum = 0.0f;
    for (int p = 0; p < partials; ++p) sum += partial[static_cast<std::int64_t>(p) * taps * channels + i];
    dw[i % channels * taps + i / channels] = static_cast<T>(sum);
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
void launch_forward(const T* x, const T* w, T* y, const Geometry& g, const Stream& stream) {
    const int rows = rows_that_fit<T, V>(g);
    TERN_ASSERT(rows > 0);  // forward_cuda_accepts has refused all else
    const unsigned tiles = cuda::blocks_for(g.out_width, kColumns) * cuda::blocks_for(g.out_height, rows);
    const dim3 grid(cuda::blocks_for(g.channels, kPacks * V), tiles, g.batch);
    cuda::launch(depthwise_conv2d_forward_tile_kernel<T, V>,
                 {grid, dim3(kPacks, kColumns), shared_bytes<T, V>(g, rows)}, stream, x, w, y, g, rows);
}

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &w = problem.inputs[1], &y = problem.outputs[0];
    const Geometry g = geometry(x.shape(), y.shape(), problem.params<DepthwiseConv2dParams>().window);
    visit_cuda_packs(problem, g.channels, [&]<class T, int V>() {
        launch_forward<T, V>(x.data<T>(), w.data<T>(), y.data<T>(), g, stream);
    });
}

void TERN_CUDA_PASS(backward_input)(const Problem& problem, const Stream& stream) {
    const Tensor &dy = problem.inputs[0], &w = problem.inputs[1], &dx = problem.outputs[0];
    const Geometry g = geometry(dx.shape(), dy.shape(), problem.params<DepthwiseConv2dParams>().window);
    visit_cuda_packs(problem, g.channels, [&]<class T, int V>() {
        if (g.stride_h == 1 && g.stride_w == 1 && rows_that_fit<T, V>(turned(g)) > 0) {
            launch_forward<T, V>(dy.data<T>(), w.data<T>(), dx.data<T>(), turned(g), stream);
            return;
        }
        constexpr int kThreads = 256;
        const dim3 grid(cuda::blocks_for(dx.numel() / V, kThreads));
        cuda::launch(depthwise_conv2d_backward_input_gather_kernel<T, V>, {grid, dim3(kThreads)}, stream,
                     dy.data<T>(), w.data<T>(), dx.data<T>(), g);
    });
}

void TERN_CUDA_PASS(backward_weight)(const Problem& problem, const Stream& stream) {
    const Tensor &x = problem.inputs[0], &dy = problem.inputs[1], &dw = problem.outputs[0];
    const Geometry g = geometry(x.shape(), dy.shape(), problem.params<DepthwiseConv2dParams>().window);
    const int taps = g.kernel_h * g.kernel_w;
    // Enough blocks for every GPU of today (132 multiprocessors on an H100), few enough partial sums to
    // merge.
    const int images = static_cast<int>(cuda::blocks_for(g.batch, 256));
    const int partials = g.batch == 0 ? 0 : static_cast<int>(cuda::blocks_for(g.batch, images));
    const Tensor partial = Tensor::empty({partials, taps, g.channels}, DType::float32, x.device());
    visit_cuda_packs(problem, g.channels, [&]<class T, int V>() {
        const dim3 grid(cuda::blocks_for(g.channels, kPacks * V), cuda::blocks_for(taps, kTapGroup),
                        partials);
        cuda::launch(depthwise_conv2d_backward_weight_partial_kernel<T, V>, {grid, dim3(kPacks, kColumns)},
                     stream, x.data<T>(), dy.data<T>(), partial.data<float>(), g, images);
        constexpr int kThreads = 256;
        cuda::launch(
            depthwise_conv2d_backward_weight_merge_kernel<T>,
            {dim3(cuda::blocks_for(static_cast<std::int64_t>(taps) * g.channels, kThreads)), dim3(kThreads)},
            stream, partial.data<float>(), dw.data<T>(), partials, taps, g.channels);
    });
}

bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    if (!accepts_cuda_floating(problem, why_not)) return false;
    if (problem.inputs[0].dim(0) > kMaxGridZ) return refuse(why_not, "more than ", kMaxGridZ, " images");
    const Window2d& window = problem.params<DepthwiseConv2dParams>().window;
    const bool tiled = problem.pass.name == std::string_view("forward");
    if (!tiled) return true;
    const Geometry g = geometry(problem.inputs[0].shape(), problem.outputs[0].shape(), window);
    const bool fits = visit_cuda_floating(
        problem.dtype(), [&]<class T>() { return rows_that_fit<T, cuda::kPackSize<T>>(g) > 0; });
    return fits || refuse(why_not, "the window's tile does not fit into 48 KiB of shared memory: ", window);
}

}  // namespace tern::depthwise_conv2d_passes
