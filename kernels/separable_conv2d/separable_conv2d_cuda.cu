// Forward, one kernel: a block makes 8 x 16 pixels by 64 outputs. For 16 channels at a time it normalises the
// pixels and their border once, filters them from shared memory into the tile of A from which gemm's product
// continues, and keeps the sums in registers; neither the normalised input nor the filtered one is ever
// stored. More than 64 outputs read and filter the tile again: 9 multiply-adds beside 64. All sums are
// float32; orders are fixed, so equal inputs give equal bits. Backward: the kernels of the parts, on
// temporary tensors.
#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/dispatch/upcast.hpp"
#include "tern/kernels/gemm/gemm_cuda.cuh"
#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/normalize/normalize_device.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/separable_conv2d/separable_conv2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"

namespace tern::separable_conv2d_passes {
namespace {

namespace rows = channel_rows_cuda;
using gemm::fma::Quad;
using normalize_device::ChannelInputs;
using Tile = gemm::FmaWide;  // 128 pixels by 64 outputs

constexpr int kThreads = gemm::kThreads, kDepth = Tile::kDepth;
constexpr int kTileWidth = 16, kTileHeight = Tile::kRows / kTileWidth;  // in pixels
constexpr int kBorderedWidth = kTileWidth + 2, kBorderedPixels = (kTileHeight + 2) * kBorderedWidth;

/// The tile of a block.
struct TilePlace {
    int image, row, column;  // of its first pixel
};

struct Geometry {
    int images, height, width, channels, outputs;
    int tile_rows, tile_columns;  // of an image

    __host__ __device__ int tiles() const { return images * tile_rows * tile_columns; }
    __device__ TilePlace place(int tile) const {
        const int line = tile / tile_columns;
        return {line / tile_rows, line % tile_rows * kTileHeight, tile % tile_columns * kTileWidth};
    }
    /// -1: outside the image
    __device__ int pixel(int image, int row, int column) const {
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? (image * height + row) * width + column : -1;
    }
    __device__ int pixels_of(const TilePlace& place) const {
        return min(kTileHeight, height - place.row) * min(kTileWidth, width - place.column);
    }
};

/// What is done to x before it is filtered.
struct InputNormalization {
    ChannelInputs in;  // null pointers: nothing
    cuda::DeviceActivation activation;
};

// bordered[entry][channel of the step] = change(x), zeros outside; `channel` is that of this thread's pack.
template <class T, int V, class Change>
__device__ __forceinline__ void fill_bordered(const T* x, const Geometry& g, const TilePlace& place,
                                              int channel, float* bordered, Change change) {
    constexpr int kPacks = kDepth / V;  // of a pixel, one per thread
    const int own = static_cast<int>(threadIdx.x) % kPacks * V;
#pragma unroll 2  // four spill registers
    for (int entry = static_cast<int>(threadIdx.x) / kPacks; entry < kBorderedPixels;
         entry += kThreads / kPacks) {
        const int pixel = g.pixel(place.image, place.row - 1 + entry / kBorderedWidth,
                                  place.column - 1 + entry % kBorderedWidth);
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
            cuda::store_pack<kStored>(bordered + entry * kDepth + own + v, stored);
        }
    }
}

template <class T, int V>
__device__ __forceinline__ void fill_normalized(const T* x, const InputNormalization& norm, const Geometry& g,
                                                const TilePlace& place, int first_channel, float* bordered) {
    const int channel = first_channel + static_cast<int>(threadIdx.x) % (kDepth / V) * V;
    if (norm.in.mean == nullptr) {
        fill_bordered<T, V>(x, g, place, channel, bordered, [](float(&)[V]) {});
        return;
    }
    const normalize_device::Affine<V> affine(norm.in, channel < g.channels ? channel : 0);
    fill_bordered<T, V>(x, g, place, channel, bordered, [&](float(&values)[V]) {
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
__device__ __forceinline__ void filter(const float* bordered, const float* taps, float* a) {
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
            const int entry = (first_row + row) * kBorderedWidth + column + kw;
            const Quad values = cuda::load_pack<4>(bordered + entry * kDepth + channel);
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

// Mean and variance of this block's pixels, two passes over its registers: to partial[tile][0][output] the
// mean, without the bias, to [1] the sum of squared distances from it. means: (Tile::kColumns), shared
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
    separable_conv2d_forward_kernel(const T* x, InputNormalization norm, const T* depthwise,
                                    gemm::MatrixOperand<T, true> pointwise, gemm::Output<T> output,
                                    float* partial, Geometry g) {
    constexpr int kSizeB = kDepth * Tile::kColumns;
    TERN_SHARED(Quad, quads_bordered, kBorderedPixels * kDepth / 4);
    TERN_SHARED(Quad, quads_taps, 9 * kDepth / 4);
    TERN_SHARED(Quad, quads_a, kDepth * Tile::kRows / 4);
    TERN_SHARED(Quad, quads_b, 2 * kSizeB / 4);  // two buffers
    float* const bordered = reinterpret_cast<float*>(quads_bordered);
    float* const taps = reinterpret_cast<float*>(quads_taps);
    float* const a = reinterpret_cast<float*>(quads_a);
    float* b = reinterpret_cast<float*>(quads_b);

    const int output_tiles = (g.outputs + Tile::kColumns - 1) / Tile::kColumns;
    const int tile = static_cast<int>(blockIdx.x) / output_tiles;
    const int first_output = static_cast<int>(blockIdx.x) % output_tiles * Tile::kColumns;
    const TilePlace place = g.place(tile);
    gemm::fma::Share<gemm::MatrixOperand<T, true>, V, Tile::kColumns, kDepth> share;
    gemm::fma::Sums<Tile> sums;
    int buffer = 0;
#pragma unroll 1
    for (int channel = 0; channel < g.channels; channel += kDepth) {
        fill_normalized<T, V>(x, norm, g, place, channel, bordered);
        fill_taps(depthwise, g, channel, taps);
        share.fetch(pointwise, first_output, channel);
        share.put(pointwise, first_output, channel, b + buffer * kSizeB);
        __syncthreads();  // bordered, taps and b are filled, and the a before has been read
        filter(bordered, taps, a);
        __syncthreads();  // a is filled, and bordered and taps have been read
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
    store_moments(sums, inside, g.pixels_of(place), tile, first_output, g.outputs, a, bordered, partial);
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

InputNormalization normalization(const Forward& pass) {
    const NormalizeParams& params = pass.params.normalize;
    ChannelInputs vectors{};
    if (pass.mean)
        vectors = {pass.mean.data<float>(), pass.variance.data<float>(), pass.gamma.data<float>(),
                   pass.beta.data<float>(), static_cast<float>(params.epsilon)};
    return {vectors, cuda::device_activation({params.activation, params.slope})};
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &pointwise = pass.pointwise, &bias = pass.bias, &y = pass.y,
                 &mean = pass.y_mean;
    const Geometry g = geometry(x.shape(), pointwise.dim(0));
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        gemm::Output<T> output{y.data<T>(), bias ? bias.data<T>() : nullptr,
                               static_cast<int>(rows_of(y.shape())), g.outputs, g.outputs};
        output.wide = gemm::can_pack<T>(y, g.outputs);
        Tensor partial;
        if (mean) partial = Tensor::empty({g.tiles(), 2, g.outputs}, DType::float32, x.device());
        const std::int64_t blocks =
            static_cast<std::int64_t>(g.tiles()) * cuda::blocks_for(g.outputs, Tile::kColumns);
        cuda::launch(separable_conv2d_forward_kernel<T, V>,
                     {dim3(cuda::blocks_for(blocks, 1)), dim3(kThreads)}, stream, x.data<T>(),
                     normalization(pass), pass.depthwise.data<T>(),
                     gemm::MatrixOperand<T, true>{pointwise.data<T>(), g.outputs, g.channels, g.channels},
                     output, mean ? partial.data<float>() : nullptr, g);
        if (mean)
            rows::launch_merge(partial,
                               channel_moments_passes::MergeMoments<TileBlocks<T>>{
                                   {g, output.bias}, mean.data<float>(), pass.y_variance.data<float>()},
                               stream);
    });
}

namespace {

/// What the gradients of mean and variance add to that of every output, as NormalizeSlopes; dmean and
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
class BackwardByParts {
  public:
    BackwardByParts(const Backward& pass, const Stream& stream) : pass_(pass), stream_(stream) {}

    void compute() const {
        const DepthwiseConv2dParams window{kSeparableWindow};
        const Tensor &x = pass_.x, &depthwise = pass_.depthwise, &dx = pass_.dx;
        const bool normalized = pass_.mean.defined();
        const Tensor a = normalized ? normalized_input() : x;
        const Tensor dz = gradient_of_output(), u = like(x);
        start(depthwise_conv2d_passes::Forward{.params = window, .x = a, .w = depthwise, .y = u});
        multiply({dz, true}, {u}, pass_.dpointwise);
        if (pass_.dbias) gemm::TERN_CUDA_FUNCTION(sum_columns)(dz, pass_.dbias, stream_);
        const Tensor& du = u;  // u has been read
        multiply({dz}, {pass_.pointwise}, du);
        start(depthwise_conv2d_passes::BackwardWeight{
            .params = window, .x = a, .dy = du, .dw = pass_.ddepthwise});
        if (!normalized && !dx) return;
        const Tensor& da = normalized ? a : dx;  // a has been read
        start(depthwise_conv2d_passes::BackwardInput{.params = window, .dy = du, .w = depthwise, .dx = da});
        if (!normalized) return;
        start(normalize_passes::BackwardReduce{.params = pass_.params.normalize,
                                               .x = x,
                                               .mean = pass_.mean,
                                               .variance = pass_.variance,
                                               .gamma = pass_.gamma,
                                               .beta = pass_.beta,
                                               .dy = da,
                                               .dgamma = pass_.dgamma,
                                               .dbeta = pass_.dbeta,
                                               .dmean = pass_.dmean,
                                               .dvariance = pass_.dvariance});
        if (dx)
            start(normalize_passes::BackwardInput{.params = pass_.params.normalize,
                                                  .x = x,
                                                  .mean = pass_.mean,
                                                  .variance = pass_.variance,
                                                  .gamma = pass_.gamma,
                                                  .beta = pass_.beta,
                                                  .dy = da,
                                                  .dx = dx});
    }

  private:
    static Tensor like(const Tensor& t) { return Tensor::empty(t.shape(), t.dtype(), t.device()); }

    template <class Part>
    void start(const Part& part) const {
        run(Cuda{}, part, stream_);
    }
    void multiply(const gemm::CudaMatrix& left, const gemm::CudaMatrix& right, const Tensor& to) const {
        gemm::TERN_CUDA_FUNCTION(multiply)(left, right, {}, to, gemm::Arithmetic::fma, stream_);
    }

    Tensor normalized_input() const {
        const Tensor a = like(pass_.x);
        start(normalize_passes::Forward{.params = pass_.params.normalize,
                                        .x = pass_.x,
                                        .mean = pass_.mean,
                                        .variance = pass_.variance,
                                        .gamma = pass_.gamma,
                                        .beta = pass_.beta,
                                        .y = a});
        return a;
    }

    // dz: dy itself where mean and variance have no gradients, else by the kernel of a normalisation that
    // changes nothing but for the slopes.
    Tensor gradient_of_output() const {
        const Tensor &y = pass_.y, &y_mean = pass_.y_mean, &dmean = pass_.dy_mean,
                     &dvariance = pass_.dy_variance;
        if (!dmean && !dvariance) return pass_.dy;
        const Tensor ones = Tensor::full(y_mean.shape(), 1, DType::float32, y.device()), dz = like(y);
        const NormalizeSlopes slopes{like(y_mean), like(y_mean)};
        launch_elements(SlopesOfMoments{dmean ? dmean.data<float>() : nullptr,
                                        dvariance ? dvariance.data<float>() : nullptr,
                                        static_cast<float>(rows_of(y.shape())), slopes.centred.data<float>(),
                                        slopes.constant.data<float>()},
                        y_mean.numel(), stream_);
        const NormalizeParams identity{.epsilon = 0};
        const normalize_passes::BackwardInput part{.params = identity,
                                                   .x = y,
                                                   .mean = y_mean,
                                                   .variance = ones,
                                                   .gamma = ones,
                                                   .beta = ones,
                                                   .dy = pass_.dy,
                                                   .dx = dz};
        const auto all = tensors_of(part);
        TERN_CUDA_FUNCTION(normalize_gradient_input)({part, identity, all}, slopes, dz, {}, stream_);
        return dz;
    }

    const Backward& pass_;
    Stream stream_;
};

template <class Pass>
bool accepts_parts(const Pass& pass, const Tensor& a, std::string* why_not) {
    if (pass.residual) return refuse(why_not, "no residual is added");
    if (a) return refuse(why_not, "the input is not kept");
    if (!gemm::TERN_CUDA_FUNCTION(accepts_product)(tensors_of(pass), gemm::Arithmetic::fma, why_not))
        return false;
    const DepthwiseConv2dParams window{kSeparableWindow};
    return accepts(
        Cuda{},
        depthwise_conv2d_passes::Forward{.params = window, .x = pass.x, .w = pass.depthwise, .y = pass.x},
        why_not);
}

}  // namespace

// 16-bit tensors in float32: what the parts hand each other must not be rounded.
void run(Cuda, const Backward& pass, const Stream& stream) {
    const ErasedPass erased(pass);
    const Problem problem = erased.problem();
    if (!has_16_bits(problem)) return BackwardByParts(pass, stream).compute();
    const Upcast upcast(problem);
    upcast.upcast_inputs();
    BackwardByParts(as_pass<Backward>(upcast.problem()), stream).compute();
    upcast.round_outputs();
}

// What forward takes, backward takes too, so that no step ends in the middle.
bool accepts(Cuda, const Forward& pass, std::string* why_not) { return accepts_parts(pass, pass.a, why_not); }
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_parts(pass, pass.da, why_not);
}

}  // namespace tern::separable_conv2d_passes
