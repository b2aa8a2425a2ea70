// Both passes go over memory as on the CPU: a block per image and 8 packs of channels takes two sums per
// channel, a warp per image and group makes of them what each channel is multiplied by, and the last kernel is
// element-wise. x is read three times forwards (the mean of a channel comes before its squares), of which the
// second finds in the L1 and L2 caches what the first has read.
#include <cmath>
#include <cstdint>

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/kernels/group_norm/group_norm_passes.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::group_norm_passes {
namespace {

namespace rows = channel_rows_cuda;

constexpr int kPacks = 8;                        // of channels per block
constexpr int kLanes = rows::kThreads / kPacks;  // rows of threads, which take turns at the pixels

// x: (N, pixels, C) in groups of `width` channels.
struct Extents {
    std::int64_t images;
    int pixels, channels, groups, width, channel_blocks;

    Extents(const Tensor& x, const GroupNormParams& params, int pack_size)
        : images(x.dim(0)),
          pixels(images == 0 ? 0 : static_cast<int>(rows_of(x.shape()) / images)),
          channels(static_cast<int>(x.dim(-1))),
          groups(static_cast<int>(params.groups)),
          width(channels / groups),
          channel_blocks(static_cast<int>(cuda::blocks_for(channels, kPacks * pack_size))) {}

    cuda::LaunchShape shape() const {
        return {dim3(cuda::blocks_for(images * channel_blocks, 1)), dim3(kPacks, kLanes)};
    }
    __device__ double group_size() const { return static_cast<double>(pixels) * width; }
};

// What a block of Extents::shape() has to do.
template <int V>
struct ImageChannels {
    std::int64_t image;
    int first, channel, own;  // channels: of the block, of this thread's pack; `own` has this thread's sums

    __device__ explicit ImageChannels(const Extents& extents)
        : image(static_cast<int>(blockIdx.x) / extents.channel_blocks),
          first(static_cast<int>(blockIdx.x) % extents.channel_blocks * kPacks * V),
          channel(first + static_cast<int>(threadIdx.x) * V),
          own(static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x)) {}

    // Whether this thread gets the sums of channel first + own.
    __device__ bool gets_sums(const Extents& extents) const {
        return own < kPacks * V && first + own < extents.channels;
    }
    // Calls visit(offset in a tensor like x) for the packs of this thread.
    template <class Visit>
    __device__ void for_each_pack(const Extents& extents, Visit visit) const {
        if (channel >= extents.channels) return;
        for (std::int64_t pixel = threadIdx.y; pixel < extents.pixels; pixel += kLanes)
            visit((image * extents.pixels + pixel) * extents.channels + channel);
    }
    // The sum of `values` over the lanes, of the channel of the thread that gets it. All threads call it.
    __device__ float sum(rows::LanePack<V>* lanes, const float (&values)[V]) const {
        rows::store_lane<V>(lanes, values);
        __syncthreads();  // the lanes are filled
        const float result = own < kPacks * V ? rows::sum_lanes(&lanes[0][0], own, kPacks * V) : 0.0f;
        __syncthreads();  // and have been read
        return result;
    }
};

// moments: (N, 2, C), the mean of each channel of an image, then the sum of squared distances from it.
template <class T, int V>
__global__ void __launch_bounds__(rows::kThreads)
    group_norm_moments_kernel(Extents extents, const T* x, float* moments) {
    TERN_SHARED(rows::LanePack<V>, lanes, rows::kLanePacks<V>);
    TERN_SHARED(float, means, kPacks* V);
    const ImageChannels<V> block(extents);
    float sums[V] = {}, squares[V] = {};
    block.for_each_pack(extents, [&](std::int64_t at) {
        const auto pack = cuda::load_pack<V>(x + at);
        for (int v = 0; v < V; ++v) sums[v] += static_cast<float>(pack[v]);
    });
    const float mean = block.sum(lanes, sums) / static_cast<float>(extents.pixels);
    if (block.own < kPacks * V) means[block.own] = mean;
    __syncthreads();  // means are filled
    block.for_each_pack(extents, [&](std::int64_t at) {
        const auto pack = cuda::load_pack<V>(x + at);
        for (int v = 0; v < V; ++v) {
            const float distance = static_cast<float>(pack[v]) - means[static_cast<int>(threadIdx.x) * V + v];
            squares[v] += distance * distance;
        }
    });
    const float square = block.sum(lanes, squares);
    if (!block.gets_sums(extents)) return;
    float* const to = moments + block.image * 2 * extents.channels + block.first + block.own;
    to[0] = mean;
    to[extents.channels] = square;
}

// sums: (N, 2, C), of dy, then of dy xhat.
template <class T, int V>
__global__ void __launch_bounds__(rows::kThreads)
    group_norm_sums_kernel(Extents extents, const T* x, const T* dy, const float* mean, const float* variance,
                           double epsilon, float* sums) {
    TERN_SHARED(rows::LanePack<V>, lanes, rows::kLanePacks<V>);
    const ImageChannels<V> block(extents);
    const auto group = [&](int channel) { return block.image * extents.groups + channel / extents.width; };
    float means[V] = {}, slopes[V] = {}, products[V] = {};
    if (block.channel < extents.channels)
        for (int v = 0; v < V; ++v) means[v] = mean[group(block.channel + v)];
    block.for_each_pack(extents, [&](std::int64_t at) {
        const auto pack = cuda::load_pack<V>(x + at), slope = cuda::load_pack<V>(dy + at);
        for (int v = 0; v < V; ++v) {
            slopes[v] += static_cast<float>(slope[v]);
            products[v] += static_cast<float>(slope[v]) * (static_cast<float>(pack[v]) - means[v]);
        }
    });
    const float sum = block.sum(lanes, slopes), product = block.sum(lanes, products);
    if (!block.gets_sums(extents)) return;
    const int channel = block.first + block.own;
    const double r = 1 / std::sqrt(static_cast<double>(variance[group(channel)]) + epsilon);
    float* const to = sums + block.image * 2 * extents.channels + channel;
    to[0] = sum;
    to[extents.channels] = static_cast<float>(r * static_cast<double>(product));
}

constexpr int kGroupsPerBlock = rows::kThreads / 32;  // a warp for each

// A group of an image: where it is in (N, G), (N, 2, C) and (C).
struct GroupOfImage {
    std::int64_t number, sums;
    int first;
    bool exists;

    __device__ explicit GroupOfImage(const Extents& extents)
        : number(static_cast<std::int64_t>(blockIdx.x) * kGroupsPerBlock + threadIdx.x / 32),
          exists(number < extents.images * extents.groups) {
        first = static_cast<int>(number % extents.groups) * extents.width;
        sums = number / extents.groups * 2 * extents.channels + first;
    }
    // Calls visit(i) for this lane's channels first + i.
    template <class Visit>
    __device__ void for_each_channel(const Extents& extents, Visit visit) const {
        for (int i = static_cast<int>(threadIdx.x) % 32; i < extents.width; i += 32) visit(i);
    }
};

// moments as above; factors: (N, 2, C), what y = (x - factors[0]) factors[1] + beta takes.
__global__ void group_norm_merge_moments_kernel(Extents extents, const float* moments, const float* gamma,
                                                double epsilon, float* mean, float* variance,
                                                float* factors) {
    const GroupOfImage group(extents);
    if (!group.exists) return;  // the whole warp
    const float* const from = moments + group.sums;
    double sum = 0, squares = 0;
    group.for_each_channel(extents, [&](int i) { sum += static_cast<double>(from[i]); });
    const double centre = cuda::warp_sum(sum) / extents.width;
    group.for_each_channel(extents, [&](int i) {
        const double distance = static_cast<double>(from[i]) - centre;
        squares += static_cast<double>(from[extents.channels + i]) + extents.pixels * distance * distance;
    });
    const double spread = cuda::warp_sum(squares) / extents.group_size();
    const double r = 1 / std::sqrt(spread + epsilon);
    if (threadIdx.x % 32 == 0) {
        mean[group.number] = static_cast<float>(centre);
        variance[group.number] = static_cast<float>(spread);
    }
    group.for_each_channel(extents, [&](int i) {
        factors[group.sums + i] = static_cast<float>(centre);
        factors[group.sums + extents.channels + i] =
            static_cast<float>(r * static_cast<double>(gamma[group.first + i]));
    });
}

// What dx = r gamma dy + slope (x - mean) + constant takes, of a group.
struct GradientFactors {
    float r, slope, constant;
};

// sums as above; factors: (N, G)
__global__ void group_norm_merge_sums_kernel(Extents extents, const float* sums, const float* gamma,
                                             const float* variance, double epsilon,
                                             GradientFactors* factors) {
    const GroupOfImage group(extents);
    if (!group.exists) return;  // the whole warp
    double sum = 0, product = 0;
    group.for_each_channel(extents, [&](int i) {
        const auto scale = static_cast<double>(gamma[group.first + i]);
        sum += scale * static_cast<double>(sums[group.sums + i]);
        product += scale * static_cast<double>(sums[group.sums + extents.channels + i]);
    });
    sum = cuda::warp_sum(sum);
    product = cuda::warp_sum(product);
    if (threadIdx.x % 32 != 0) return;
    const double r = 1 / std::sqrt(static_cast<double>(variance[group.number]) + epsilon);
    const double share = -r / extents.group_size();
    factors[group.number] = {static_cast<float>(r), static_cast<float>(share * r * product),
                             static_cast<float>(share * sum)};
}

// A pack of y; i counts packs.
template <class T, int V>
struct GroupNormForward {
    const T* x;
    const float *factors, *beta;
    T* y;
    cuda::Divisor packs, packs_of_image;  // packs of channels, and of a whole image

    __device__ void operator()(std::int64_t i) const {
        const auto index = static_cast<int>(i);
        const std::int64_t channels = static_cast<std::int64_t>(packs.divisor()) * V;
        const int channel = packs.remainder(index) * V;
        const float* const from = factors + packs_of_image.quotient(index) * 2 * channels + channel;
        cuda::Pack<T, V> values = cuda::load_pack<V>(x + i * V);
        for (int v = 0; v < V; ++v)
            values[v] = static_cast<T>((static_cast<float>(values[v]) - from[v]) * from[channels + v] +
                                       beta[channel + v]);
        cuda::store_pack<V>(y + i * V, values);
    }
};

// A pack of dx.
template <class T, int V>
struct GroupNormBackward {
    const T *x, *dy;
    const float *mean, *gamma;
    const GradientFactors* factors;
    T* dx;
    int groups;
    cuda::Divisor packs, packs_of_image, width;

    __device__ void operator()(std::int64_t i) const {
        const auto index = static_cast<int>(i);
        const int channel = packs.remainder(index) * V;
        const std::int64_t first = static_cast<std::int64_t>(packs_of_image.quotient(index)) * groups;
        const auto values = cuda::load_pack<V>(x + i * V);
        cuda::Pack<T, V> slopes = cuda::load_pack<V>(dy + i * V);
        for (int v = 0; v < V; ++v) {
            const std::int64_t group = first + width.quotient(channel + v);
            const GradientFactors factor = factors[group];
            slopes[v] = static_cast<T>(factor.r * gamma[channel + v] * static_cast<float>(slopes[v]) +
                                       factor.slope * (static_cast<float>(values[v]) - mean[group]) +
                                       factor.constant);
        }
        cuda::store_pack<V>(dx + i * V, slopes);
    }
};

// dgamma and dbeta: over the images.
struct MergeGroupNorm {
    float *dgamma, *dbeta;

    __device__ static void add(int, float dy, float product, cuda::SumPair& sums) { sums.add(dy, product); }
    __device__ void finish(int channel, double sum, double products) const {
        dbeta[channel] = static_cast<float>(sum);
        dgamma[channel] = static_cast<float>(products);
    }
};

cuda::LaunchShape merge_shape(const Extents& extents) {
    return {dim3(cuda::blocks_for(extents.images * extents.groups, kGroupsPerBlock)), dim3(rows::kThreads)};
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const std::int64_t channels = x.dim(-1);
    const auto two_per_channel = [&] {
        return Tensor::empty({x.dim(0), 2, channels}, DType::float32, x.device());
    };
    const Tensor moments = two_per_channel(), factors = two_per_channel();
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const Extents extents(x, pass.params, V);
        cuda::launch(group_norm_moments_kernel<T, V>, extents.shape(), stream, extents, x.data<T>(),
                     moments.data<float>());
        cuda::launch(group_norm_merge_moments_kernel, merge_shape(extents), stream, extents,
                     moments.data<float>(), pass.gamma.data<float>(), pass.params.epsilon,
                     pass.mean.data<float>(), pass.variance.data<float>(), factors.data<float>());
        const GroupNormForward<T, V> work{
            x.data<T>(), factors.data<float>(),       pass.beta.data<float>(),
            y.data<T>(), cuda::Divisor(channels / V), cuda::Divisor(channels / V * extents.pixels)};
        launch_elements(work, x.numel() / V, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &dy = pass.dy, &dx = pass.dx;
    const std::int64_t channels = x.dim(-1);
    const Tensor sums = Tensor::empty({x.dim(0), 2, channels}, DType::float32, x.device());
    const Tensor factors = Tensor::empty({pass.mean.numel(), 3}, DType::float32, x.device());
    auto* const group_factors = reinterpret_cast<GradientFactors*>(factors.data<float>());
    const float *const mean = pass.mean.data<float>(), *const variance = pass.variance.data<float>();
    visit_cuda_packs(tensors_of(pass), channels, [&]<class T, int V>() {
        const Extents extents(x, pass.params, V);
        cuda::launch(group_norm_sums_kernel<T, V>, extents.shape(), stream, extents, x.data<T>(),
                     dy.data<T>(), mean, variance, pass.params.epsilon, sums.data<float>());
        cuda::launch(group_norm_merge_sums_kernel, merge_shape(extents), stream, extents, sums.data<float>(),
                     pass.gamma.data<float>(), variance, pass.params.epsilon, group_factors);
        const GroupNormBackward<T, V> work{x.data<T>(),
                                           dy.data<T>(),
                                           mean,
                                           pass.gamma.data<float>(),
                                           group_factors,
                                           dx.data<T>(),
                                           extents.groups,
                                           cuda::Divisor(channels / V),
                                           cuda::Divisor(channels / V * extents.pixels),
                                           cuda::Divisor(extents.width)};
        launch_elements(work, x.numel() / V, stream);
    });
    cuda::launch_merge(
        rows::MergePairs<MergeGroupNorm>{sums.data<float>(),
                                         static_cast<int>(channels),
                                         {pass.dgamma.data<float>(), pass.dbeta.data<float>()}},
        static_cast<int>(x.dim(0)), static_cast<int>(channels), stream);
}

}  // namespace tern::group_norm_passes
