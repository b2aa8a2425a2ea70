// A thread has a pack of channels of one pixel. The backward pass first notes for every window which pixel
// was taken, one byte per number of y (4 bytes for windows of 256 pixels and more): x is then read once,
// instead of once per window and pixel, and each pixel of dx gathers from its windows in their order.
#include <algorithm>
#include <cstdint>
#include <limits>

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/core/cuda/device/pack.cuh"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/shared/visit_cuda.cuh"

namespace tern::max_pool2d_passes {
namespace {

using cuda::Divisor;
using cuda::Pack;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Extents are below 2^31 / channels, so that int holds every row and column, padding included.
struct Geometry {
    int height, width, out_height, out_width, channels;
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;

    Geometry(const Shape& image, const Shape& windows, const Window2d& w)
        : height(static_cast<int>(image[1])),
          width(static_cast<int>(image[2])),
          out_height(static_cast<int>(windows[1])),
          out_width(static_cast<int>(windows[2])),
          channels(static_cast<int>(image[3])),
          kernel_h(static_cast<int>(w.kernel_h)),
          kernel_w(static_cast<int>(w.kernel_w)),
          stride_h(static_cast<int>(w.stride_h)),
          stride_w(static_cast<int>(w.stride_w)),
          dilation_h(static_cast<int>(w.dilation_h)),
          dilation_w(static_cast<int>(w.dilation_w)),
          pad_top(static_cast<int>(w.pad_top)),
          pad_left(static_cast<int>(w.pad_left)) {}
};

// What element `i` of (N, height, width, packs) is.
struct PackPlace {
    unsigned image, row, column, channel;
};
struct Grid {
    Divisor packs, width, height;
    unsigned pack_size;

    __device__ PackPlace place(std::int64_t i) const {
        const auto index = static_cast<unsigned>(i);
        const unsigned pixel = packs.quotient(index), row = width.quotient(pixel),
                       image = height.quotient(row);
        return {image, row - image * height.divisor(), pixel - row * width.divisor(),
                (index - pixel * packs.divisor()) * pack_size};
    }
};

__device__ __forceinline__ bool larger(float value, float best) {
    return value > best || (value != value && best == best);
}

// Calls visit(number of the pixel in its window, its pack) for the pixels of window `at` inside the image,
// row by row.
template <int V, class T, class Visit>
__device__ __forceinline__ void for_each_pixel(const Geometry& g, const T* x, const PackPlace& at,
                                               Visit visit) {
    const int first_h = static_cast<int>(at.row) * g.stride_h - g.pad_top;
    const int first_w = static_cast<int>(at.column) * g.stride_w - g.pad_left;
    for (int kh = 0; kh < g.kernel_h; ++kh) {
        const int h = first_h + kh * g.dilation_h;
        if (h < 0 || h >= g.height) continue;
        const std::int64_t row = (static_cast<std::int64_t>(at.image) * g.height + h) * g.width;
        for (int kw = 0; kw < g.kernel_w; ++kw) {
            const int w = first_w + kw * g.dilation_w;
            if (w < 0 || w >= g.width) continue;
            visit(kh * g.kernel_w + kw, cuda::load_pack<V>(x + (row + w) * g.channels + at.channel));
        }
    }
}

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

// Stands for a window without pixels.
template <class Number>
inline constexpr Number kNone = std::numeric_limits<Number>::max();

// V numbers in accesses of 16 bytes at most.
template <class Number, int V>
struct Numbers {
    static constexpr int kWidth = sizeof(Number) * V <= 16 ? V : 16 / static_cast<int>(sizeof(Number));
    Pack<Number, kWidth> packs[V / kWidth];

    __device__ Number& operator[](int v) { return packs[v / kWidth][v % kWidth]; }
    __device__ void load(const Number* from) {
        for (int i = 0; i < V / kWidth; ++i) packs[i] = cuda::load_pack<kWidth>(from + i * kWidth);
    }
    __device__ void store(Number* to) const {
        for (int i = 0; i < V / kWidth; ++i) cuda::store_pack<kWidth>(to + i * kWidth, packs[i]);
    }
};

// taken: (N, OH, OW, C), the number of the first largest pixel in its window.

template <class T, int V, class Number>
struct MaxPool2dTaken {
    const T* x;
    Number* taken;
    Grid windows;
    Geometry g;

    __device__ void operator()(std::int64_t i) const {
        float best[V] = {};
        Numbers<Number, V> numbers;
        for (int v = 0; v < V; ++v) numbers[v] = kNone<Number>;
        for_each_pixel<V>(g, x, windows.place(i), [&](int number, const Pack<T, V>& values) {
#pragma unroll
            for (int v = 0; v < V; ++v) {
                const auto value = static_cast<float>(values[v]);
                if (numbers[v] != kNone<Number> && !larger(value, best[v])) continue;
                best[v] = value;
                numbers[v] = static_cast<Number>(number);
            }
        });
        numbers.store(taken + i * V);
    }
};

// The windows along one dimension that span pixel `at` of the padded image: [first, last].
struct Windows {
    int first, last;

    __device__ Windows(int at, int span, int count, const Divisor& stride) {
        const int reach = at - span + 1;  // where the first of them starts, at the earliest
        first = reach <= 0 ? 0 : static_cast<int>(stride.quotient(reach + stride.divisor() - 1));
        const int latest = static_cast<int>(stride.quotient(at));
        last = latest < count ? latest : count - 1;
    }
};

template <class T, int V, class Number>
struct MaxPool2dBackward {
    const T* dy;
    const Number* taken;
    T* dx;
    Grid pixels;
    Geometry g;
    Divisor stride_h, stride_w, dilation_h, dilation_w;

    __device__ void operator()(std::int64_t i) const {
        const PackPlace at = pixels.place(i);
        const int h = static_cast<int>(at.row) + g.pad_top, w = static_cast<int>(at.column) + g.pad_left;
        const Windows rows(h, (g.kernel_h - 1) * g.dilation_h + 1, g.out_height, stride_h);
        const Windows columns(w, (g.kernel_w - 1) * g.dilation_w + 1, g.out_width, stride_w);
        float sums[V] = {};
        for (int oh = rows.first; oh <= rows.last; ++oh) {
            const unsigned below = h - oh * g.stride_h, kh = dilation_h.quotient(below);
            if (kh * dilation_h.divisor() != below) continue;  // between two of its rows
            const std::int64_t row = (static_cast<std::int64_t>(at.image) * g.out_height + oh) * g.out_width;
            for (int ow = columns.first; ow <= columns.last; ++ow) {
                const unsigned right = w - ow * g.stride_w, kw = dilation_w.quotient(right);
                if (kw * dilation_w.divisor() != right) continue;
                const std::int64_t window = (row + ow) * g.channels + at.channel;
                const Pack<T, V> grads = cuda::load_pack<V>(dy + window);
                Numbers<Number, V> numbers;
                numbers.load(taken + window);
#pragma unroll
                for (int v = 0; v < V; ++v)
                    if (numbers[v] == static_cast<Number>(kh * g.kernel_w + kw))
                        sums[v] += static_cast<float>(grads[v]);
            }
        }
        Pack<T, V> result;
        for (int v = 0; v < V; ++v) result[v] = static_cast<T>(sums[v]);
        cuda::store_pack<V>(dx + i * V, result);
    }
};

template <int V>
Grid grid(const Shape& shape) {
    return {Divisor(shape[3] / V), Divisor(shape[2]), Divisor(shape[1]), V};
}

template <class T, int V, class Number>
void launch_backward(const Backward& pass, const Stream& stream) {
    const Tensor &dy = pass.dy, &x = pass.x, &dx = pass.dx;
    const Window2d& window = pass.params.window;
    const Geometry g(x.shape(), dy.shape(), window);
    const Tensor taken = Tensor::empty(dy.shape(), dtype_of<Number>(), x.device());
    const MaxPool2dTaken<T, V, Number> take{x.data<T>(), taken.data<Number>(), grid<V>(dy.shape()), g};
    launch_elements(take, dy.numel() / V, stream);
    const MaxPool2dBackward<T, V, Number> gather{dy.data<T>(),
                                                 taken.data<Number>(),
                                                 dx.data<T>(),
                                                 grid<V>(x.shape()),
                                                 g,
                                                 Divisor(window.stride_h),
                                                 Divisor(window.stride_w),
                                                 Divisor(window.dilation_h),
                                                 Divisor(window.dilation_w)};
    launch_elements(gather, dx.numel() / V, stream);
}

template <class Pass>
bool takes(const Pass& pass, std::string* why_not) {
    if (!accepts_cuda_floating(tensors_of(pass), why_not)) return false;
    const Window2d& w = pass.params.window;
    const std::int64_t largest = std::max({pass.x.dim(1) + w.pad_top + w.pad_bottom,
                                           pass.x.dim(2) + w.pad_left + w.pad_right, w.stride_h, w.stride_w});
    return largest <= INT32_MAX / 2 || refuse(why_not, "extents of more than 2^30: ", w);
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
    const Window2d& window = pass.params.window;
    const bool bytes = window.kernel_h * window.kernel_w <= kNone<std::uint8_t>;
    visit_cuda_packs(tensors_of(pass), pass.dx.dim(3), [&]<class T, int V>() {
        if (bytes)
            launch_backward<T, V, std::uint8_t>(pass, stream);
        else
            launch_backward<T, V, std::int32_t>(pass, stream);
    });
}

bool accepts(Cuda, const Forward& pass, std::string* why_not) { return takes(pass, why_not); }
bool accepts(Cuda, const Backward& pass, std::string* why_not) { return takes(pass, why_not); }

}  // namespace tern::max_pool2d_passes
