// Windows of an image as threads walk over them, for max_pool2d and normalize_max_pool2d: a thread has a pack of channels of one
// pixel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "tern/core/cuda/device/divisor.hpp"
#include "tern/core/cuda/device/pack.cuh"
#include "tern/kernels/shared/visit_cuda.cuh"
#include "tern/kernels/shared/window.hpp"

namespace tern::max_pool2d_device {

using cuda::Divisor;
using cuda::Pack;

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Extents are below 2^31 / channels, so that int holds every row and column, padding included.
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

/// What element `i` of (N, height, width, packs) is.
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

/// Calls visit(number of the pixel in its window, its pack) for the pixels of window `at` inside the image,
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

/// Stands for a window without pixels.
template <class Number>
inline constexpr Number kNone = std::numeric_limits<Number>::max();

/// V numbers in accesses of 16 bytes at most.
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

/// What is compared: the pixels themselves.
struct AsTheyAre {
    template <int V>
    struct Of {
        __device__ explicit Of(const AsTheyAre&, int) {}
        __device__ void apply(float (&)[V]) const {}
    };
};

/// taken: (N, OH, OW, C), the number of the first largest pixel in its window. Change::Of<V>(change, channel).apply(values) makes of
/// the pixels of a pack what is compared.
template <class T, int V, class Number, class Change>
struct Taken {
    const T* x;
    Number* taken;
    Grid windows;
    Geometry g;
    Change change;

    __device__ void operator()(std::int64_t i) const {
        const PackPlace at = windows.place(i);
        const typename Change::template Of<V> compared(change, static_cast<int>(at.channel));
        float best[V] = {};
        Numbers<Number, V> numbers;
        for (int v = 0; v < V; ++v) numbers[v] = kNone<Number>;
        for_each_pixel<V>(g, x, at, [&](int number, const Pack<T, V>& pack) {
            float values[V];
#pragma unroll
            for (int v = 0; v < V; ++v) values[v] = static_cast<float>(pack[v]);
            compared.apply(values);
#pragma unroll
            for (int v = 0; v < V; ++v) {
                if (numbers[v] != kNone<Number> && !larger(values[v], best[v])) continue;
                best[v] = values[v];
                numbers[v] = static_cast<Number>(number);
            }
        });
        numbers.store(taken + i * V);
    }
};

/// The windows along one dimension that span pixel `at` of the padded image: [first, last].
struct Windows {
    int first, last;

    __device__ Windows(int at, int span, int count, const Divisor& stride) {
        const int reach = at - span + 1;  // where the first of them starts, at the earliest
        first = reach <= 0 ? 0 : static_cast<int>(stride.quotient(reach + stride.divisor() - 1));
        const int latest = static_cast<int>(stride.quotient(at));
        last = latest < count ? latest : count - 1;
    }
};

/// The gradient of the pixels: the sum of those of the windows that took them.
template <class T, class Number>
struct Gather {
    const T* dy;
    const Number* taken;
    Geometry g;
    Divisor stride_h, stride_w, dilation_h, dilation_w;

    Gather(const T* grads, const Number* numbers, const Geometry& geometry, const Window2d& window)
        : dy(grads),
          taken(numbers),
          g(geometry),
          stride_h(window.stride_h),
          stride_w(window.stride_w),
          dilation_h(window.dilation_h),
          dilation_w(window.dilation_w) {}

    template <int V>
    __device__ void sum(const PackPlace& at, float (&sums)[V]) const {
        const int h = static_cast<int>(at.row) + g.pad_top, w = static_cast<int>(at.column) + g.pad_left;
        const Windows rows(h, (g.kernel_h - 1) * g.dilation_h + 1, g.out_height, stride_h);
        const Windows columns(w, (g.kernel_w - 1) * g.dilation_w + 1, g.out_width, stride_w);
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
    }
};

/// Calls function.operator()<Number>() for the type that numbers the pixels of a window.
template <class F>
void visit_numbers(const Window2d& window, F function) {
    if (window.kernel_h * window.kernel_w <= kNone<std::uint8_t>)
        function.template operator()<std::uint8_t>();
    else
        function.template operator()<std::int32_t>();
}

/// x: the image.
inline bool accepts_windows(TensorRefs tensors, const Tensor& x, const Window2d& w, std::string* why_not) {
    if (!accepts_cuda_floating(tensors, why_not)) return false;
    const std::int64_t largest = std::max(
        {x.dim(1) + w.pad_top + w.pad_bottom, x.dim(2) + w.pad_left + w.pad_right, w.stride_h, w.stride_w});
    return largest <= INT32_MAX / 2 || refuse(why_not, "extents of more than 2^30: ", w);
}

template <int V>
Grid grid(const Shape& shape) {
    return {Divisor(shape[3] / V), Divisor(shape[2]), Divisor(shape[1]), V};
}

}  // namespace tern::max_pool2d_device
