// As max_pool2d's kernels, but for what is compared, which is normalised in float32 as it is read; so each number of an image is
// normalised once per window that reads it, 2.25 times where windows of 3x3 are two apart. The backward pass notes what the windows took,
// gathers the gradient of each pixel and takes it through the normalisation at once, with sums per block that a last kernel merges.
#include "tern/kernels/max_pool2d/max_pool2d_device.cuh"
#include "tern/kernels/normalize/normalize_cuda.cuh"
#include "tern/kernels/normalize/normalize_device.cuh"
#include "tern/kernels/normalize_max_pool2d/normalize_max_pool2d_passes.hpp"
#include "tern/kernels/shared/channels.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::normalize_max_pool2d_passes {
namespace {

namespace rows = channel_rows_cuda;
using namespace max_pool2d_device;
using normalize_device::Affine;
using rows::RowWalk;

/// What is compared: the normalised pixels.
struct Normalized {
    normalize_device::ChannelInputs in;
    cuda::DeviceActivation activation;

    template <int V>
    struct Of {
        Affine<V> affine;
        cuda::DeviceActivation activation;

        __device__ Of(const Normalized& change, int channel)
            : affine(change.in, channel), activation(change.activation) {}
        __device__ __forceinline__ void apply(float (&values)[V]) const {
            affine.apply(values);
            cuda::activate(activation, values);
        }
    };
};

template <class T, int V>
struct NormalizeMaxPool2dForward {
    const T* x;
    T* y;
    Grid windows;
    Geometry g;
    Normalized change;

    __device__ void operator()(std::int64_t i) const {
        const PackPlace at = windows.place(i);
        const Normalized::Of<V> compared(change, static_cast<int>(at.channel));
        float best[V];
        for (int v = 0; v < V; ++v) best[v] = -kInfinity;  // as of a window without pixels
        for_each_pixel<V>(g, x, at, [&](int, const Pack<T, V>& pack) {
            float values[V];
#pragma unroll
            for (int v = 0; v < V; ++v) values[v] = static_cast<float>(pack[v]);
            compared.apply(values);
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (larger(values[v], best[v])) best[v] = values[v];
        });
        cuda::store_floats<V>(best, y + i * V);
    }
};

// x, dx (or null): (N, H, W, C). A block leaves sums of dz and of dz (x - mean).
template <class T, int V, class Number>
__global__ void __launch_bounds__(rows::kThreads, 2)
    normalize_max_pool2d_backward_kernel(const T* x, Gather<T, Number> gather, T* dx, Normalized change,
                                         Grid pixels, RowWalk walk,
                                         cuda::BlockMerge<rows::MergePairs<MergeNormalizeGradients>> merge) {
    TERN_SHARED(rows::LanePack<V>, sum_packs, rows::kLanePacks<V>);
    TERN_SHARED(rows::LanePack<V>, product_packs, rows::kLanePacks<V>);
    const int channel = rows::thread_channel<V>();
    float sums[V] = {}, products[V] = {};
    if (channel < walk.channels) {
        const Affine<V> affine(change.in, channel);
        rows::for_each_tile<rows::Direction::forwards>(walk, [&](std::int64_t row) {
            if (row >= walk.rows) return;
            const std::int64_t offset = row * walk.channels + channel;
            float grads[V] = {}, values[V], z[V];
            gather.sum(pixels.place(offset / V), grads);
            cuda::load_floats<V>(x + offset, values);
#pragma unroll
            for (int v = 0; v < V; ++v) z[v] = values[v];
            affine.apply(z);
            cuda::activate_backward(change.activation, z, grads);
#pragma unroll
            for (int v = 0; v < V; ++v) {
                sums[v] += grads[v];
                products[v] += grads[v] * (values[v] - affine.mean[v]);
                grads[v] *= affine.scale[v];
            }
            if (dx != nullptr) cuda::store_floats<V>(grads, dx + offset);
        });
    }
    rows::store_block_sums<V>(sum_packs, product_packs, sums, products, merge.merge);
    rows::finish_rows<V>(merge, walk);
}

template <class Pass>
Normalized normalized(const Pass& pass) {
    const NormalizeParams& params = pass.params.normalize;
    return {{pass.mean.template data<float>(), pass.variance.template data<float>(),
             pass.gamma.template data<float>(), pass.beta.template data<float>(),
             static_cast<float>(params.epsilon)},
            cuda::device_activation({params.activation, params.slope})};
}

template <class T, int V, class Number>
void launch_backward(const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &x = pass.x;
    const Window2d& window = pass.params.window;
    const Geometry g(x.shape(), dy.shape(), window);
    const Tensor taken = Tensor::empty(dy.shape(), dtype_of<Number>(), x.device());
    const Normalized change = normalized(pass);
    const Taken<T, V, Number, Normalized> take{x.data<T>(), taken.data<Number>(), grid<V>(dy.shape()), g,
                                               change};
    launch_elements(take, dy.numel() / V, stream);
    const RowWalk walk(rows_of(x.shape()), g.channels, V, 1);
    const Tensor partial = Tensor::empty({walk.partials(), 2, walk.channels}, DType::float32, x.device());
    const rows::RowsMerging merging(partial, merge_gradients_of(pass, pass.params.normalize.epsilon), walk, V,
                                    stream);
    cuda::launch(normalize_max_pool2d_backward_kernel<T, V, Number>, walk.shape(V), stream, x.data<T>(),
                 Gather<T, Number>{dy.data<T>(), taken.data<Number>(), g, window},
                 pass.dx ? pass.dx.data<T>() : nullptr, change, grid<V>(x.shape()), walk,
                 merging.in_kernel());
    merging.finish();
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), y.shape(), pass.params.window);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        const NormalizeMaxPool2dForward<T, V> work{x.data<T>(), y.data<T>(), grid<V>(y.shape()), g,
                                                   normalized(pass)};
        launch_elements(work, y.numel() / V, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    visit_cuda_packs(tensors_of(pass), pass.x.dim(3), [&]<class T, int V>() {
        visit_numbers(pass.params.window,
                      [&]<class Number>() { launch_backward<T, V, Number>(pass, stream); });
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) {
    return accepts_windows(tensors_of(pass), pass.x, pass.params.window, why_not);
}
bool accepts(Cuda, const Backward& pass, std::string* why_not) {
    return accepts_windows(tensors_of(pass), pass.x, pass.params.window, why_not);
}

}  // namespace tern::normalize_max_pool2d_passes
