// Forward, one kernel: a block makes 8 x 16 pixels by 64 outputs. For 16 channels at a time it normalises the
// pixels and their border once, filters them from shared memory into the tile of A from which gemm's product
// goes on, and keeps the sums in registers; neither the normalised input nor the filtered one is ever stored.
// More than 64 outputs read and filter the tile again: 9 multiply-adds beside 64. All sums are float32;
// orders are fixed, so equal inputs give equal bits. Backward: the kernels of the parts, on temporary
// tensors.
#include "tern/kernels/separable_conv2d/separable_conv2d.hpp"

#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/channels.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_cuda.cuh"
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/normalize/normalize_device.cuh"
#include "tern/kernels/widened.hpp"

namespace tern::separable_conv2d_passes {
namespace {

namespace rows = channel_rows_cuda;
using gemm::fma::Quad;
using normalize_device::ChannelInputs;
using Tile = gemm::FmaWide;  // 128 pixels by 64 outputs

constexpr int kThreads = gemm::kThreads, kDepth = Tile::kDepth;
constexpr int kTileWidth = 16, kTileHeight = Tile::kRows / kTileWidth;  // in pixels
constexpr int kBorderedWidth = kTileWidth + 2, kCells = (kTileHeight + 2) * kBorderedWidth;

/// The tile of a block.
struct Place {
    int image, row, column;  // of its first pixel
};

struct Geometry {
    int images, height, width, channels, outputs;
    int tile_rows, tile_columns;  // of an image

    __host__ __device__ int tiles() const { return images * tile_rows * tile_columns; }
    __device__ Place place(int tile) const {
        const int line = tile / tile_columns;
        return {line / tile_rows, line % tile_rows * kTileHeight, tile % tile_columns * kTileWidth};
    }
    /// -1: outside the image
    __device__ int pixel(int image, int row, int column) const {
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? (image * height + row) * width + column : -1;
    }
    __device__ int pixels_of(const Place& place) const {
        return min(kTileHeight, height - place.row) * min(kTileWidth, width - place.column);
    }
};

/// What is done to x before it is filtered.
struct Normalization {
    ChannelInputs in;  // null pointers: nothing
    cuda::DeviceActivation activation;
};

// cells[cell][channel of the step] = change(x), zeros outside; `channel` is that of this thread's pack.
template <class T, int V, class Change>
__device__ __forceinline__ void fill_cells(const T* x, const Geometry& g, const Place& place, int channel,
                                           float* cells, Change change) {
    constexpr int kPacks = kDepth / V;  // of a cell, one per thread
    const int own = static_cast<int>(threadIdx.x) % kPacks * V;
#pragma unroll 2  // four spill registers
    for (int cell = static_cast<int>(threadIdx.x) / kPacks; cell < kCells; cell += kThreads / kPacks) {
        const int pixel = g.pixel(place.image, place.row - 1 + cell / kBorderedWidth,
                                  place.column - 1 + cell % kBorderedWidth);
        float values[V] = {};
        if (pixel >= 0 && channel < g.channels) {  // C is a multiple of V
            const auto pack = cuda::load_pack<V>(x + pixel * g.channels + channel);
            for (int v = 0; v < V; ++v) values[v] = static_cast<float>(pack[v]);
            change(values);
        }
        constexpr int kStored = rows::kFloats<V>;
        for (int v = 0; v < V; v += kStored) {
            cuda::Pack<float, kStored> stored;
            for (int i = 0; i < kStored; ++i) stored[i] = values[v + i];
            cuda::store_pack<kStored>(cells + cell * kDepth + own + v, stored);
        }
    }
}

template <class T, int V>
__device__ __forceinline__ void fill_normalized(const T* x, const Normalization& norm, const Geometry& g,
                                                const Place& place, int first_channel, float* cells) {
    const int channel = first_channel + static_cast<int>(threadIdx.x) % (kDepth / V) * V;
    if (norm.in.mean == nullptr) {
        fill_cells<T, V>(x, g, place, channel, cells, [](float(&)[V]) {});
        return;
    }
    const normalize_device::Affine<V> affine(norm.in, channel < g.channels ? channel : 0);
    fill_cells<T, V>(x, g, place, channel, cells, [&](float(&values)[V]) {
        affine.apply(values);
        cuda::activate(norm.activation, values);
    });
}

// taps[tap][channel of the step], zeros beyond the last channel. w: (C, 1, 3, 3)
template <class T>
__device__ __forceinline__ void fill_taps(const T* w, const Geometry& g, int first_channel, float* taps) {
    for (int i = static_cast<int>(threadIdx.x); i < 9 * kDepth; i += kThreads) {
        const int channel = first_channel + i % kDepth;
        taps[i] = channel < g.channels ? static_cast<float>(w[channel * 9 + i / kDepth]) : 0.0f;
    }
}

// a = the filtered pixels of the tile. A thread makes four channels of four pixels below each other.
__device__ __forceinline__ void filter(const float* cells, const float* taps, float* a) {
    constexpr int kQuads = kDepth / 4, kRows = 4;
    const int thread = static_cast<int>(threadIdx.x), channel = thread % kQuads * 4;
    const int column = thread / kQuads % kTileWidth, first_row = thread / (kQuads * kTileWidth) * kRows;
    Quad weights[9];
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) weights[tap] = cuda::load_pack<4>(taps + tap * kDepth + channel);
    float sums[kRows][4] = {};
#pragma unroll
    for (int row = 0; row < kRows + 2; ++row) {
#pragma unroll
        for (int kw = 0; kw < 3; ++kw) {
            const int cell = (first_row + row) * kBorderedWidth + column + kw;
            const Quad values = cuda::load_pack<4>(cells + cell * kDepth + channel);
#pragma unroll
            for (int kh = 0; kh < 3; ++kh) {
                const int to = row - kh;
                if (to < 0 || to >= kRows) continue;
#pragma unroll
                for (int i = 0; i < 4; ++i) sums[to][i] += values[i] * weights[kh * 3 + kw][i];
            }
        }
    }
#pragma unroll
    for (int row = 0; row < kRows; ++row)
#pragma unroll
        for (int i = 0; i < 4; ++i)
            a[gemm::fma::index<Tile::kRows>(channel + i, (first_row + row) * kTileWidth + column)] =
                sums[row][i];
}

constexpr int kOwnRows = 4 * Tile::kRowPatches, kOwnColumns = 4 * Tile::kColumnPatches;  // of a thread

// The sum of a column of the block, in the order of its thread rows, for the first Tile::kColumns threads.
// lanes: (thread rows, columns)
__device__ __forceinline__ float sum_column(const gemm::fma::Sums<Tile>& sums,
                                            const float (&own)[kOwnColumns], float* lanes) {
    const int thread = static_cast<int>(threadIdx.x);
    const int thread_row = thread / Tile::kThreadColumns;
#pragma unroll
    for (int j = 0; j < kOwnColumns; ++j)
        lanes[thread_row * Tile::kColumns + sums.column(j / 4) + j % 4] = own[j];
    __syncthreads();  // the lanes are filled
    float sum = 0.0f;
    for (int row = 0; thread < Tile::kColumns && row < Tile::kThreadRows; ++row)
        sum += lanes[row * Tile::kColumns + thread];
    __syncthreads();  // the lanes have been read
    return sum;
}

// The moments of this block's pixels, two passes over its registers: to partial[tile][0][output] the mean,
// without the bias, to [1] the sum of squared distances from it. means: (Tile::kColumns), shared
__device__ __forceinline__ void store_moments(const gemm::fma::Sums<Tile>& sums,
                                              const bool (&inside)[kOwnRows], int pixels, int tile,
                                              int first_output, int outputs, float* lanes, float* means,
                                              float* partial) {
    float own[kOwnColumns] = {};
#pragma unroll
    for (int i = 0; i < kOwnRows; ++i)
#pragma unroll
        for (int j = 0; j < kOwnColumns; ++j) own[j] += inside[i] ? sums.values[i][j] : 0.0f;
    const float mean = sum_column(sums, own, lanes) / static_cast<float>(pixels);
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < Tile::kColumns) means[thread] = mean;
    __syncthreads();  // the means are there
#pragma unroll
    for (int j = 0; j < kOwnColumns; ++j) {
        const float centre = means[sums.column(j / 4) + j % 4];
        own[j] = 0.0f;
#pragma unroll
        for (int i = 0; i < kOwnRows; ++i) {
            const float distance = inside[i] ? sums.values[i][j] - centre : 0.0f;
            own[j] += distance * distance;
        }
    }
    const float squares = sum_column(sums, own, lanes);
    const int output = first_output + thread;
    if (thread >= Tile::kColumns || output >= outputs) return;
    float* const to = partial + static_cast<std::int64_t>(tile) * 2 * outputs + output;
    to[0] = mean;
    to[outputs] = squares;
}

// grid: (tiles of pixels * tiles of outputs). x: (N, H, W, C), depthwise: (C, 1, 3, 3), partial: (tiles of
// pixels, 2, O), or null
template <class T, int V>
__global__ void __launch_bounds__(kThreads, gemm::kFmaBlocks)
    separable_conv2d_forward_kernel(const T* x, Normalization norm, const T* depthwise,
                                    gemm::MatrixOperand<T, true> pointwise, gemm::Output<T> output,
                                    float* partial, Geometry g) {
    constexpr int kSizeB = kDepth * Tile::kColumns;
    TERN_SHARED(Quad, quads_cells, kCells * kDepth / 4);
    TERN_SHARED(Quad, quads_taps, 9 * kDepth / 4);
    TERN_SHARED(Quad, quads_a, kDepth * Tile::kRows / 4);
    TERN_SHARED(Quad, quads_b, 2 * kSizeB / 4);  // two buffers
    float* const cells = reinterpret_cast<float*>(quads_cells);
    float* const taps = reinterpret_cast<float*>(quads_taps);
    float* const a = reinterpret_cast<float*>(quads_a);
    float* b = reinterpret_cast<float*>(quads_b);

    const int output_tiles = (g.outputs + Tile::kColumns - 1) / Tile::kColumns;
    const int tile = static_cast<int>(blockIdx.x) / output_tiles;
    const int first_output = static_cast<int>(blockIdx.x) % output_tiles * Tile::kColumns;
    const Place place = g.place(tile);
    gemm::fma::Share<gemm::MatrixOperand<T, true>, V, Tile::kColumns, kDepth> share;
    gemm::fma::Sums<Tile> sums;
    int buffer = 0;
#pragma unroll 1
    for (int channel = 0; channel < g.channels; channel += kDepth) {
        fill_normalized<T, V>(x, norm, g, place, channel, cells);
        fill_taps(depthwise, g, channel, taps);
        share.fetch(pointwise, first_output, channel);
        share.put(pointwise, first_output, channel, b + buffer * kSizeB);
        __syncthreads();  // cells, taps and b are filled, and the a before has been read
        filter(cells, taps, a);
        __syncthreads();  // a is filled, and cells and taps have been read
        sums.add(a, b + buffer * kSizeB);
        buffer ^= 1;
    }

    bool inside[kOwnRows];
#pragma unroll
    for (int i = 0; i < kOwnRows; ++i) {
        const int row = sums.row(i / 4) + i % 4;
        const int pixel = g.pixel(place.image, place.row + row / kTileWidth, place.column + row % kTileWidth);
        inside[i] = pixel >= 0;
        if (!inside[i]) continue;
#pragma unroll
        for (int p = 0; p < Tile::kColumnPatches; ++p) {
            const float quad[4] = {sums.values[i][4 * p], sums.values[i][4 * p + 1],
                                   sums.values[i][4 * p + 2], sums.values[i][4 * p + 3]};
            output.store(0, pixel, first_output + sums.column(p), quad);
        }
    }
    if (partial == nullptr) return;
    __syncthreads();  // a, now the lanes, has been read
    store_moments(sums, inside, g.pixels_of(place), tile, first_output, g.outputs, a, cells, partial);
}

// What MergeMoments asks of blocks: distances are from the bias, which the kernel's sums lack.
template <class T>
struct TileBlocks {
    Geometry g;
    const T* bias;  // or null

    __device__ double rows_of_block(int tile) const { return g.pixels_of(g.place(tile)); }
    __device__ double all_rows() const { return static_cast<double>(g.images) * g.height * g.width; }
    __device__ float origin(int output) const {
        return bias == nullptr ? 0.0f : static_cast<float>(bias[output]);
    }
};

Geometry geometry(const Shape& x, std::int64_t outputs) {
    return {static_cast<int>(x[0]),
            static_cast<int>(x[1]),
            static_cast<int>(x[2]),
            static_cast<int>(x[3]),
            static_cast<int>(outputs),
            static_cast<int>(cuda::blocks_for(x[1], kTileHeight)),
            static_cast<int>(cuda::blocks_for(x[2], kTileWidth))};
}

Normalization normalization(const Problem& problem) {
    const auto& in = problem.inputs;
    const NormalizeParams& params = problem.params<SeparableConv2dParams>().normalize;
    ChannelInputs vectors{};
    if (in[1])
        vectors = {in[1].data<float>(), in[2].data<float>(), in[3].data<float>(), in[4].data<float>(),
                   static_cast<float>(params.epsilon)};
    return {vectors, cuda::device_activation({params.activation, params.slope})};
}

}  // namespace

void TERN_CUDA_PASS(forward)(const Problem& problem, const Stream& stream) {
    const auto &in = problem.inputs, &out = problem.outputs;
    const Tensor &x = in[0], &pointwise = in[6], &bias = in[7], &y = out[0], &mean = out[1];
    const Geometry g = geometry(x.shape(), pointwise.dim(0));
    visit_cuda_packs(tensors_of(problem), g.channels, [&]<class T, int V>() {
        gemm::Output<T> output{y.data<T>(), bias ? bias.data<T>() : nullptr,
                               static_cast<int>(rows_of(y.shape())), g.outputs, g.outputs};
        output.wide = gemm::can_pack<T>(y, g.outputs);
        Tensor partial;
        if (mean) partial = Tensor::empty({g.tiles(), 2, g.outputs}, DType::float32, x.device());
        const std::int64_t blocks =
            static_cast<std::int64_t>(g.tiles()) * cuda::blocks_for(g.outputs, Tile::kColumns);
        cuda::launch(separable_conv2d_forward_kernel<T, V>,
                     {dim3(cuda::blocks_for(blocks, 1)), dim3(kThreads)}, stream, x.data<T>(),
                     normalization(problem), in[5].data<T>(),
                     gemm::MatrixOperand<T, true>{pointwise.data<T>(), g.outputs, g.channels, g.channels},
                     output, mean ? partial.data<float>() : nullptr, g);
        if (mean)
            rows::launch_merge(partial,
                               channel_moments_passes::MergeMoments<TileBlocks<T>>{
                                   {g, output.bias}, mean.data<float>(), out[2].data<float>()},
                               stream);
    });
}

namespace {

/// What the gradients of the moments add to that of every output, as NormalizeBackward::Slopes; dmean and
/// dvariance may be null.
struct SlopesOfMoments {
    const float *dmean, *dvariance;
    float rows;
    float *centred, *constant;

    __device__ void operator()(std::int64_t output) const {
        constant[output] = dmean == nullptr ? 0.0f : dmean[output] / rows;
        centred[output] = dvariance == nullptr ? 0.0f : 2 * dvariance[output] / rows;
    }
};

/// separable_conv2d_grad.cpp has the formulas and the names. All float32.
class Backward {
  public:
    Backward(const Problem& problem, const Stream& stream) : problem_(problem), stream_(stream) {}

    void run() const {
        const auto &in = problem_.inputs, &out = problem_.outputs;
        const Tensor &x = in[0], &depthwise = in[5], &pointwise = in[6], &dx = out[0];
        const bool normalized = in[1].defined();
        const Tensor a = normalized ? normalized_input() : x;
        const Tensor dz = gradient_of_output(), u = like(x);
        pass(depthwise_conv2d_passes::TERN_CUDA_PASS(forward), depthwise_conv2d_op(), "forward",
             DepthwiseConv2dParams{kSeparableWindow}, {a, depthwise}, {u});
        multiply({dz, true}, {u}, out[6]);
        if (out[7]) gemm::TERN_CUDA_PASS(sum_columns)(dz, out[7], stream_);
        const Tensor& du = u;  // u has been read
        multiply({dz}, {pointwise}, du);
        pass(depthwise_conv2d_passes::TERN_CUDA_PASS(backward_weight), depthwise_conv2d_op(),
             "backward_weight", DepthwiseConv2dParams{kSeparableWindow}, {a, du}, {out[5]});
        if (!normalized && !dx) return;
        const Tensor& da = normalized ? a : dx;  // a has been read
        pass(depthwise_conv2d_passes::TERN_CUDA_PASS(backward_input), depthwise_conv2d_op(), "backward_input",
             DepthwiseConv2dParams{kSeparableWindow}, {du, depthwise}, {da});
        if (!normalized) return;
        const Tensors before{x, in[1], in[2], in[3], in[4], {}, da};
        pass(normalize_passes::TERN_CUDA_PASS(backward_reduce), normalize_op(), "backward_reduce",
             params().normalize, before, {out[3], out[4], out[1], out[2]});
        if (dx)
            pass(normalize_passes::TERN_CUDA_PASS(backward_input), normalize_op(), "backward_input",
                 params().normalize, before, {dx, {}});
    }

  private:
    const SeparableConv2dParams& params() const { return problem_.params<SeparableConv2dParams>(); }
    static Tensor like(const Tensor& t) { return Tensor::empty(t.shape(), t.dtype(), t.device()); }

    template <class Params>
    void pass(void (*function)(const Problem&, const Stream&), const Op& op, const char* name,
              const Params& params, const Tensors& inputs, const Tensors& outputs) const {
        function({op.pass(name), ParamsRef(params), inputs, outputs}, stream_);
    }
    void multiply(const gemm::CudaMatrix& left, const gemm::CudaMatrix& right, const Tensor& to) const {
        gemm::TERN_CUDA_PASS(multiply)(left, right, {}, to, gemm::Arithmetic::fma, stream_);
    }

    Tensor normalized_input() const {
        const auto& in = problem_.inputs;
        Tensor a = like(in[0]);
        pass(normalize_passes::TERN_CUDA_PASS(forward), normalize_op(), "forward", params().normalize,
             {in[0], in[1], in[2], in[3], in[4], {}}, {a});
        return a;
    }

    // dz: dy itself where the moments have no gradients, else by the kernel of a normalisation that changes
    // nothing but for the slopes.
    Tensor gradient_of_output() const {
        const auto& in = problem_.inputs;
        const Tensor &y = in[7], &y_mean = in[8], &dy = in[9], &dmean = in[10], &dvariance = in[11];
        if (!dmean && !dvariance) return dy;
        const Tensor ones = Tensor::full(y_mean.shape(), 1, DType::float32, y.device());
        const TERN_CUDA_PASS(NormalizeBackward)::Slopes slopes{like(y_mean), like(y_mean)};
        launch_elements(SlopesOfMoments{dmean ? dmean.data<float>() : nullptr,
                                        dvariance ? dvariance.data<float>() : nullptr,
                                        static_cast<float>(rows_of(y.shape())), slopes.centred.data<float>(),
                                        slopes.constant.data<float>()},
                        y_mean.numel(), stream_);
        const Tensors inputs{y, y_mean, ones, ones, ones, {}, dy}, dz{like(y)};
        const NormalizeParams identity{.epsilon = 0};
        TERN_CUDA_PASS(NormalizeBackward)::input(
            {normalize_op().pass("backward_input"), ParamsRef(identity), inputs, dz}, slopes, dz[0], {},
            stream_);
        return dz[0];
    }

    const Problem& problem_;
    Stream stream_;
};

}  // namespace

// 16-bit tensors in float32: what the parts hand each other must not be rounded.
void TERN_CUDA_PASS(backward)(const Problem& problem, const Stream& stream) {
    if (!has_16_bits(problem)) return Backward(problem, stream).run();
    const Widened widened(problem);
    widened.widen_inputs();
    Backward(widened.problem(), stream).run();
    widened.round_outputs();
}

// What forward takes, backward takes too, so that no step ends in the middle.
bool TERN_CUDA_PASS(accepts)(const Problem& problem, std::string* why_not) {
    const bool backward = std::string_view(problem.pass.name) == "backward";
    if (problem.inputs[backward ? 12 : 8]) return refuse(why_not, "no residual is added");
    if (backward ? problem.inputs[13] : problem.outputs[3]) return refuse(why_not, "the input is not kept");
    if (!gemm::TERN_CUDA_PASS(accepts_product)(problem, gemm::Arithmetic::fma, why_not)) return false;
    const DepthwiseConv2dParams params{kSeparableWindow};
    const Tensors inputs{problem.inputs[0], problem.inputs[5]}, outputs{problem.inputs[0]};
    return depthwise_conv2d_passes::TERN_CUDA_PASS(accepts)(
        {depthwise_conv2d_op().pass("forward"), ParamsRef(params), inputs, outputs}, why_not);
}

}  // namespace tern::separable_conv2d_passes
