// Every tensor crosses the memory once per pass: z is computed again in registers, so the backward passes
// need neither z nor y.
#include "tern/kernels/normalize/normalize_cuda.cuh"

#include "tern/kernels/normalize/normalize_device.cuh"
#include "tern/kernels/normalize/normalize_passes.hpp"
#include "tern/kernels/shared/channel_rows_cuda.cuh"
#include "tern/kernels/shared/channels.hpp"

namespace tern {
namespace {

namespace rows = channel_rows_cuda;
using normalize_device::Affine;
using normalize_device::ChannelInputs;
using rows::Direction;
using rows::RowWalk;
using rows::TileRows;

// z of row `i` of the tile. residual: null where there is none.
template <class T, int V, int kRows>
__device__ __forceinline__ void affine_row(const Affine<V>& affine, const TileRows<T, V, kRows>& x, int i,
                                           bool has_residual, const TileRows<T, V, kRows>& residual,
                                           float (&z)[V]) {
    x.upcast(i, z);
    affine.apply(z);
    if (!has_residual) return;
    float added[V];
    residual.upcast(i, added);
#pragma unroll
    for (int v = 0; v < V; ++v) z[v] += added[v];
}

// x, residual (or null), y: (rows, C)
template <class T, int V, class F>
__global__ void __launch_bounds__(rows::kThreads, 2)
    normalize_forward_kernel(const T* x, const T* residual, T* y, ChannelInputs in, F activation,
                             RowWalk walk) {
    const int channel = rows::thread_channel<V>();
    if (channel >= walk.channels) return;
    const Affine<V> affine(in, channel);
    rows::for_each_tile<Direction::backwards>(walk, [&](std::int64_t row) {
        TileRows<T, V, F::kForwardRows> tile, added;
        tile.load(walk, x, row, channel);
        if (residual != nullptr) added.load(walk, residual, row, channel);
#pragma unroll
        for (int i = 0; i < F::kForwardRows; ++i) {
            float z[V];
            affine_row(affine, tile, i, residual != nullptr, added, z);
            activation.forward(z);
            tile.round(i, z);
        }
        tile.store(walk, y, row, channel);
    });
}

// x, residual (or null), dy: (rows, C). A block leaves sums of dz and of dz (x - mean).
template <class T, int V, class F>
__global__ void __launch_bounds__(rows::kThreads, 2)
    normalize_gradient_sums_kernel(const T* x, const T* residual, const T* dy, ChannelInputs in, F activation,
                                   RowWalk walk,
                                   cuda::BlockMerge<rows::MergePairs<MergeNormalizeGradients>> merge) {
    TERN_SHARED(rows::LanePack<V>, sum_packs, rows::kLanePacks<V>);
    TERN_SHARED(rows::LanePack<V>, product_packs, rows::kLanePacks<V>);
    constexpr int kRows = F::template kBackwardRows<V>;
    const int channel = rows::thread_channel<V>();
    float sums[V] = {}, products[V] = {};
    if (channel < walk.channels) {
        const Affine<V> affine(in, channel);
        rows::for_each_tile<Direction::forwards>(walk, [&](std::int64_t row) {
            TileRows<T, V, kRows> tile, grads, added;
            tile.load(walk, x, row, channel);
            grads.load(walk, dy, row, channel);  // rows beyond the last have a gradient of 0
            if (!F::kLinear && residual != nullptr) added.load(walk, residual, row, channel);
#pragma unroll
            for (int i = 0; i < kRows; ++i) {
                float dz[V], distance[V];
                grads.upcast(i, dz);
                if constexpr (!F::kLinear) {
                    float z[V];
                    affine_row(affine, tile, i, residual != nullptr, added, z);
                    activation.backward(z, dz);
                }
                tile.upcast(i, distance);
                if (row + i * walk.lanes >= walk.rows) continue;
#pragma unroll
                for (int v = 0; v < V; ++v) {
                    sums[v] += dz[v];
                    products[v] += dz[v] * (distance[v] - affine.mean[v]);
                }
            }
        });
    }
    rows::store_block_sums<V>(sum_packs, product_packs, sums, products, merge.merge);
    rows::finish_rows<V>(merge, walk);
}

// dx = scale dz + centred (x - mean) + constant; the slopes may both be null, and so may dresidual and
// residual.
template <class T, int V, class F>
__global__ void __launch_bounds__(rows::kThreads, 2)
    normalize_backward_input_kernel(const T* x, const T* residual, const T* dy, const float* centred,
                                    const float* constant, T* dx, T* dresidual, ChannelInputs in,
                                    F activation, RowWalk walk) {
    constexpr int kRows = F::template kBackwardRows<V>;
    const int channel = rows::thread_channel<V>();
    if (channel >= walk.channels) return;
    const Affine<V> affine(in, channel);
    float slope[V] = {}, offset[V] = {};
    if (centred != nullptr) {
        rows::load_floats<V>(centred + channel, slope);
        rows::load_floats<V>(constant + channel, offset);
    }
    rows::for_each_tile<Direction::backwards>(walk, [&](std::int64_t row) {
        TileRows<T, V, kRows> tile, grads, added;
        if (!F::kLinear || centred != nullptr) tile.load(walk, x, row, channel);
        grads.load(walk, dy, row, channel);
        if (!F::kLinear && residual != nullptr) added.load(walk, residual, row, channel);
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
            float dz[V];
            grads.upcast(i, dz);
            if constexpr (!F::kLinear) {
                float z[V];
                affine_row(affine, tile, i, residual != nullptr, added, z);
                activation.backward(z, dz);
            }
            if (dresidual != nullptr) grads.round(i, dz);
#pragma unroll
            for (int v = 0; v < V; ++v) dz[v] *= affine.scale[v];
            if (centred != nullptr) {
                float distance[V];
                tile.upcast(i, distance);
#pragma unroll
                for (int v = 0; v < V; ++v) dz[v] += slope[v] * (distance[v] - affine.mean[v]) + offset[v];
            }
            tile.round(i, dz);
        }
        tile.store(walk, dx, row, channel);
        if (dresidual != nullptr) grads.store(walk, dresidual, row, channel);
    });
}

template <class T>
const T* data_or_null(const Tensor& tensor) {
    return tensor ? tensor.data<T>() : nullptr;
}

template <class Pass>
ChannelInputs channel_inputs(const Pass& pass) {
    return {pass.mean.template data<float>(), pass.variance.template data<float>(),
            pass.gamma.template data<float>(), pass.beta.template data<float>(),
            static_cast<float>(pass.params.epsilon)};
}

enum class Way { forward, backward };

// Calls function.operator()<T, V>(activation, walk).
template <Way kWay, class F>
void visit_rows(const Tensor& x, const NormalizeParams& params, TensorRefs all, F function) {
    visit_cuda_packs(all, x.dim(-1), [&]<class T, int V>() {
        normalize_device::visit_activation_kind(params, [&]<class Activated>(Activated activation) {
            constexpr int kRows =
                kWay == Way::forward ? Activated::kForwardRows : Activated::template kBackwardRows<V>;
            const RowWalk walk(rows_of(x.shape()), x.dim(-1), V, kRows);
            function.template operator()<T, V>(activation, walk);
        });
    });
}

}  // namespace

void TERN_CUDA_FUNCTION(normalize_gradient_sums)(const NormalizeGradient& of,
                                                 const MergeNormalizeGradients& merge, const Stream& stream) {
    visit_rows<Way::backward>(
        of.x, of.params, of.all, [&]<class T, int V, class F>(F activation, const RowWalk& walk) {
            const Tensor partial =
                Tensor::empty({walk.partials(), 2, walk.channels}, DType::float32, of.x.device());
            const rows::RowsMerging merging(partial, merge, walk, V, stream);
            cuda::launch(normalize_gradient_sums_kernel<T, V, F>, walk.shape(V), stream, of.x.data<T>(),
                         data_or_null<T>(of.residual), of.dy.data<T>(), channel_inputs(of), activation, walk,
                         merging.in_kernel());
            merging.finish();
        });
}

void TERN_CUDA_FUNCTION(normalize_gradient_input)(const NormalizeGradient& of, const NormalizeSlopes& slopes,
                                                  const Tensor& dx, const Tensor& dresidual,
                                                  const Stream& stream) {
    visit_rows<Way::backward>(
        of.x, of.params, of.all, [&]<class T, int V, class F>(F activation, const RowWalk& walk) {
            cuda::launch(normalize_backward_input_kernel<T, V, F>, walk.shape(V), stream, of.x.data<T>(),
                         data_or_null<T>(of.residual), of.dy.data<T>(), data_or_null<float>(slopes.centred),
                         data_or_null<float>(slopes.constant), dx.data<T>(),
                         dresidual ? dresidual.data<T>() : nullptr, channel_inputs(of), activation, walk);
        });
}

namespace normalize_passes {

void run(Cuda, const Forward& pass, const Stream& stream) {
    visit_rows<Way::forward>(pass.x, pass.params, tensors_of(pass),
                             [&]<class T, int V, class F>(F activation, const RowWalk& walk) {
                                 cuda::launch(normalize_forward_kernel<T, V, F>, walk.shape(V), stream,
                                              pass.x.data<T>(), data_or_null<T>(pass.residual),
                                              pass.y.data<T>(), channel_inputs(pass), activation, walk);
                             });
}

void run(Cuda, const BackwardReduce& pass, const Stream& stream) {
    const auto all = tensors_of(pass);
    TERN_CUDA_FUNCTION(normalize_gradient_sums)
    ({pass, pass.params, all}, merge_gradients_of(pass, pass.params.epsilon), stream);
}

void run(Cuda, const BackwardInput& pass, const Stream& stream) {
    const auto all = tensors_of(pass);
    TERN_CUDA_FUNCTION(normalize_gradient_input)
    ({pass, pass.params, all}, {}, pass.dx, pass.dresidual, stream);
}

}  // namespace normalize_passes
}  // namespace tern
