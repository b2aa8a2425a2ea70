// A thread has a pack of channels of one pixel. The backward pass first notes for every window which pixel
// was taken, one byte per number of y (4 bytes for windows of 256 pixels and more): x is then read once,
// instead of once per window and pixel, and each pixel of dx gathers from its windows in their order.
#include "tern/kernels/max_pool2d/max_pool2d_device.cuh"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/shared/flat_cuda.cuh"

namespace tern::max_pool2d_passes {
namespace {

using namespace max_pool2d_device;

template <class T, int V>
struct MaxPool2dForward {
    const T* x;
    T* y;
    Grid windows;
    Geometry g;

    __device__ void operator()(std::int64_t i) const {
        // Starts below every number, so that -infinity is the result of a window without pixels and of one of
        // -infinities.
        Pack<T, V> best;
        for (int v = 0; v < V; ++v) best[v] = static_cast<T>(-kInfinity);
        for_each_pixel<V>(g, x, windows.place(i), [&](int, const Pack<T, V>& values) {
#pragma unroll
            for (int v = 0; v < V; ++v)
                if (larger(static_cast<float>(values[v]), static_cast<float>(best[v]))) best[v] = values[v];
        });
        cuda::store_pack<V>(y + i * V, best);
    }
};

template <class T, int V, class Number>
struct MaxPool2dBackward {
    Gather<T, Number> gather;
    T* dx;
    Grid pixels;

    __device__ void operator()(std::int64_t i) const {
        float sums[V] = {};
        gather.sum(pixels.place(i), sums);
        cuda::store_floats<V>(sums, dx + i * V);
    }
};

template <class T, int V, class Number>
void launch_backward(const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &x = pass.x, &dx = pass.dx;
    const Geometry g(x.shape(), dy.shape(), pass.params.window);
    const Tensor taken = Tensor::empty(dy.shape(), dtype_of<Number>(), x.device());
    const Taken<T, V, Number, AsTheyAre> take{x.data<T>(), taken.data<Number>(), grid<V>(dy.shape()), g, {}};
    launch_elements(take, dy.numel() / V, stream);
    const MaxPool2dBackward<T, V, Number> gather{
        {dy.data<T>(), taken.data<Number>(), g, pass.params.window}, dx.data<T>(), grid<V>(x.shape())};
    launch_elements(gather, dx.numel() / V, stream);
}

}  // namespace

void run(Cuda, const Forward& pass, const Stream& stream) {
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), y.shape(), pass.params.window);
    visit_cuda_packs(tensors_of(pass), g.channels, [&]<class T, int V>() {
        const MaxPool2dForward<T, V> work{x.data<T>(), y.data<T>(), grid<V>(y.shape()), g};
        launch_elements(work, y.numel() / V, stream);
    });
}

void run(Cuda, const Backward& pass, const Stream& stream) {
    visit_cuda_packs(tensors_of(pass), pass.dx.dim(3), [&]<class T, int V>() {
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

}  // namespace tern::max_pool2d_passes
