// One pass over x. Distances are measured from the first row, so that the size of the numbers does not
// cancel, and a thread merges mean and squared distances of 4 rows at a time (Chan, Golub, LeVeque 1979), so that
// neither does a first row far from the others: the relative error of the variance grows with (first row -
// mean) / deviation, never with its square. Blocks are merged in double.
#include "tern/kernels/channel_moments/channel_moments_cuda.cuh"

#include "tern/kernels/channel_moments/channel_moments_passes.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::channel_moments_passes {
namespace {

namespace rows = channel_rows_cuda;
using rows::Direction;
using rows::RowWalk;

constexpr int kRows = 4;  // per thread and tile: 64 bytes under way

/// Mean of the rows so far, per channel of a pack, and the sum of their squared distances from it.
template <int V>
struct Moments {
    float mean[V] = {}, squares[V] = {};
    int count = 0;

    /// The first `valid` rows of the tile.
    template <class T>
    __device__ __forceinline__ void add(const rows::TileRows<T, V, kRows>& tile, int valid,
                                        const float (&origin)[V]) {
        const int total = count + valid;
        const float inverse = 1.0f / static_cast<float>(valid);
        const float share = static_cast<float>(valid) / static_cast<float>(total);
        const float before = static_cast<float>(count);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            float distances[kRows], sum = 0.0f, square = 0.0f;
#pragma unroll
            for (int i = 0; i < kRows; ++i) {
                distances[i] = i < valid ? static_cast<float>(tile.packs[i][v]) - origin[v] : 0.0f;
                sum += distances[i];
            }
            const float centre = sum * inverse;
#pragma unroll
            for (int i = 0; i < kRows; ++i) {
                const float distance = i < valid ? distances[i] - centre : 0.0f;
                square += distance * distance;
            }
            const float step = centre - mean[v];
            mean[v] += step * share;
            squares[v] += square + step * step * share * before;
        }
        count = total;
    }
};

// The merge of blocks whose distances are from the first row.
template <class T>
struct MergeRows {
    MergeMoments moments;
    RowWalk walk;
    const T* x;

    __device__ void add(int block, float mean, float squares, cuda::SumPair& sums) const {
        moments.add(walk.rows_of_block(block), mean, squares, sums);
    }
    __device__ void finish(int channel, double sum, double sum_squares) const {
        moments.finish(channel, static_cast<float>(x[channel]), sum, sum_squares);
    }
};

// x: (rows, C). A block leaves the mean distance from the first row and the sum of squared distances from that
// mean.
template <class T, int V>
__global__ void __launch_bounds__(rows::kThreads, 2)
    channel_moments_partial_kernel(const T* x, RowWalk walk,
                                   cuda::BlockMerge<rows::MergePairs<MergeRows<T>>> merge) {
    TERN_SHARED(rows::LanePack<V>, mean_packs, rows::kLanePacks<V>);
    TERN_SHARED(rows::LanePack<V>, square_packs, rows::kLanePacks<V>);
    TERN_SHARED(int, counts, rows::kThreads);
    const int channel = rows::thread_channel<V>();
    Moments<V> moments;
    if (channel < walk.channels) {
        float origin[V];
        const auto first_row = cuda::load_pack<V>(x + channel);
        for (int v = 0; v < V; ++v) origin[v] = static_cast<float>(first_row[v]);
        rows::for_each_tile<Direction::forwards>(walk, [&](std::int64_t row) {
            rows::TileRows<T, V, kRows> tile;
            tile.load(walk, x, row, channel);
            const std::int64_t left = (walk.rows - row + walk.lanes - 1) / walk.lanes;
            if (left > 0) moments.add(tile, left < kRows ? static_cast<int>(left) : kRows, origin);
        });
    }
    rows::store_lane<V>(mean_packs, moments.mean);
    rows::store_lane<V>(square_packs, moments.squares);
    if (threadIdx.x == 0) counts[threadIdx.y] = moments.count;
    __syncthreads();

    // A thread per channel; a lane without rows has a count, mean and squares of 0.
    const float *means = &mean_packs[0][0], *squares = &square_packs[0][0];
    const int block_channels = static_cast<int>(blockDim.x) * V;
    const int own = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    const int target = static_cast<int>(blockIdx.x) * block_channels + own;
    if (own < block_channels && target < walk.channels) {
        float total = 0.0f, sum = 0.0f, square = 0.0f;
        for (int lane = 0; lane < walk.lanes; ++lane) {
            const float count = static_cast<float>(counts[lane]);
            total += count;
            sum += count * means[lane * block_channels + own];
        }
        const float mean = sum / total;
        for (int lane = 0; lane < walk.lanes; ++lane) {
            const float distance = means[lane * block_channels + own] - mean;
            square +=
                squares[lane * block_channels + own] + static_cast<float>(counts[lane]) * distance * distance;
        }
        float* const to = merge.merge.at(static_cast<int>(blockIdx.y), target);
        to[0] = mean;
        to[walk.channels] = square;
    }
    rows::finish_rows<V>(merge, walk);
}

// dx = (x - mean) 2 dvariance / M + dmean / M; dmean or dvariance may be null.
template <class T, int V>
__global__ void __launch_bounds__(rows::kThreads, 2)
    channel_moments_backward_kernel(const T* x, const float* mean, const float* dmean, const float* dvariance,
                                    T* dx, RowWalk walk) {
    const int channel = rows::thread_channel<V>();
    if (channel >= walk.channels) return;
    const float per_row = 1.0f / static_cast<float>(walk.rows);
    float centre[V], scale[V] = {}, shift[V] = {};
    rows::load_floats<V>(mean + channel, centre);
    if (dvariance != nullptr) rows::load_floats<V>(dvariance + channel, scale);
    if (dmean != nullptr) rows::load_floats<V>(dmean + channel, shift);
    for (int v = 0; v < V; ++v) {
        scale[v] *= 2 * per_row;
        shift[v] *= per_row;
    }
    rows::for_each_tile<Direction::backwards>(walk, [&](std::int64_t row) {
        rows::TileRows<T, V, kRows> tile;
        tile.load(walk, x, row, channel);
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
            float values[V];
            tile.upcast(i, values);
            for (int v = 0; v < V; ++v) values[v] = (values[v] - centre[v]) * scale[v] + shift[v];
            tile.round(i, values);
        }
        tile.store(walk, dx, row, channel);
    });
}

const float* data_or_null(const Tensor& tensor) { return tensor ? tensor.data<float>() : nullptr; }

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &mean = pass.mean, &variance = pass.variance;
    const std::int64_t channels = x.dim(-1);
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const RowWalk walk(rows_of(x.shape()), channels, V, kRows);
        const Tensor partial = Tensor::empty({walk.partials(), 2, channels}, DType::float32, x.device());
        const rows::RowsMerging merging(
            partial,
            MergeRows<T>{{mean.data<float>(), variance.data<float>(), static_cast<double>(walk.rows)},
                         walk,
                         x.data<T>()},
            walk, V, stream);
        cuda::launch(channel_moments_partial_kernel<T, V>, walk.shape(V), stream, x.data<T>(), walk,
                     merging.in_kernel());
        merging.finish();
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &mean = pass.mean, &dx = pass.dx;
    const std::int64_t channels = x.dim(-1);
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const RowWalk walk(rows_of(x.shape()), channels, V, kRows);
        cuda::launch(channel_moments_backward_kernel<T, V>, walk.shape(V), stream, x.data<T>(),
                     mean.data<float>(), data_or_null(pass.dmean), data_or_null(pass.dvariance), dx.data<T>(),
                     walk);
    });
}

}  // namespace tern::channel_moments_passes
