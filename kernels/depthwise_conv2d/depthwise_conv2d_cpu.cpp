// One vector of channels at a time: NHWC keeps them contiguous, so no shuffles are needed. A 3x3 pass does 9
// FMA per 8 bytes read and written, so memory bounds it. depthwise_3x3_cpu.hpp has the loops for what is
// usual, this file those for any window.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/depthwise_conv2d/depthwise_conv2d_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_3x3_cpu.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_geometry.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_taps_cpu.hpp"
#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

constexpr std::int64_t kColumns = 8;  // outputs per pass over the taps: 8 sums and a weight in 16 registers

// Output columns [begin, end) whose tap kw reads inside the row.
struct Columns {
    std::int64_t begin, end;
};

inline Columns columns_of_tap(const Geometry& g, std::int64_t kw) {
    const std::int64_t shift = kw * g.dilation_w - g.pad_left;  // input column = ow * stride + shift
    const std::int64_t begin = shift >= 0 ? 0 : (-shift + g.stride_w - 1) / g.stride_w;
    const std::int64_t last = g.width - 1 - shift;
    const std::int64_t end = last < 0 ? 0 : last / g.stride_w + 1;
    return {std::min(begin, g.out_width), std::min(end, g.out_width)};
}

// kCount outputs of one vector of channels, starting at column ow. Checked: some taps fall outside the row.
template <int kCount, bool kChecked, class D>
HWY_INLINE void outputs(D d, const Geometry& g, const float* x, const float* w, const float* bias, float* y,
                        std::int64_t oh, std::int64_t ow) {
    using V = hn::Vec<D>;
    const std::int64_t step = g.stride_w * g.channels;
    V sums[kCount];
    for (int i = 0; i < kCount; ++i) sums[i] = hn::Zero(d);
    for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
        const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
        if (h < 0 || h >= g.height) continue;
        for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
            const V weight = hn::LoadU(d, w + (kh * g.kernel_w + kw) * g.channels);
            const std::int64_t column = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
            const float* from = x + (h * g.width + column) * g.channels;
            for (int i = 0; i < kCount; ++i) {
                const std::int64_t at = column + i * g.stride_w;
                if (kChecked && (at < 0 || at >= g.width)) continue;
                sums[i] = hn::MulAdd(hn::LoadU(d, from + i * step), weight, sums[i]);
            }
        }
    }
    for (int i = 0; i < kCount; ++i) {
        if (bias != nullptr) sums[i] = hn::Add(sums[i], hn::LoadU(d, bias));
        hn::StoreU(sums[i], d, y + (ow + i) * g.channels);
    }
}

// One output row, one vector of channels. x is the image, y the output row, bias may be null, all at the
// first of these channels.
template <class D>
void row(D d, const Geometry& g, Columns inside, const float* x, const float* w, const float* bias, float* y,
         std::int64_t oh) {
    std::int64_t ow = 0;
    for (; ow < inside.begin; ++ow) outputs<1, true>(d, g, x, w, bias, y, oh, ow);
    for (; ow + kColumns <= inside.end; ow += kColumns) outputs<kColumns, false>(d, g, x, w, bias, y, oh, ow);
    // The last block overlaps the one before: a column alone waits 4 cycles for each of its 9 sums in a
    // chain.
    if (ow < inside.end && inside.end - inside.begin >= kColumns) {
        outputs<kColumns, false>(d, g, x, w, bias, y, oh, inside.end - kColumns);
        ow = inside.end;
    }
    for (; ow < inside.end; ++ow) outputs<1, false>(d, g, x, w, bias, y, oh, ow);
    for (; ow < g.out_width; ++ow) outputs<1, true>(d, g, x, w, bias, y, oh, ow);
}

void forward_image(const Geometry& g, const float* x, const float* w, const float* bias, float* y) {
    if (g.is_3x3_of_stride_1())
        return bias == nullptr ? forward_image_3x3<AsItIs, true>(g, x, w, y)
                               : forward_image_3x3<AsItIs, true, true>(g, x, w, y, bias);
    const Columns first = columns_of_tap(g, 0), last = columns_of_tap(g, g.kernel_w - 1);
    const Columns inside{std::min(first.begin, last.end),
                         std::max(std::min(first.begin, last.end), last.end)};
    for (std::int64_t oh = 0; oh < g.out_height; ++oh) {
        float* out = y + oh * g.out_width * g.channels;
        for_each_vector(g.channels, [&](auto d, std::int64_t c) {
            row(d, g, inside, x + c, w + c, bias == nullptr ? bias : bias + c, out + c, oh);
        });
    }
}

// Any stride: every tap adds dy * w to the pixels of dx it read.
void scatter_image(const Geometry& g, const float* dy, const float* w, float* dx) {
    std::fill_n(dx, g.height * g.width * g.channels, 0.0f);
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
            const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
            if (h < 0 || h >= g.height) continue;
            for (std::int64_t kw = 0; kw < g.kernel_w; ++kw) {
                const Columns inside = columns_of_tap(g, kw);
                for (std::int64_t ow = inside.begin; ow < inside.end; ++ow) {
                    const std::int64_t column = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
                    float* to = dx + (h * g.width + column) * g.channels;
                    const float* from = dy + (oh * g.out_width + ow) * g.channels;
                    const float* weight = w + (kh * g.kernel_w + kw) * g.channels;
                    for_each_vector(g.channels, [&](auto d, std::int64_t c) {
                        const auto sum = hn::MulAdd(hn::LoadU(d, from + c), hn::LoadU(d, weight + c),
                                                    hn::LoadU(d, to + c));
                        hn::StoreU(sum, d, to + c);
                    });
                }
            }
        }
}

// Adds one image's sums for kTaps neighbouring columns of one kernel row to dw (KH, KW, C).
template <int kTaps, class D>
void weight_taps(D d, const Geometry& g, const float* x, const float* dy, float* dw, std::int64_t kh,
                 std::int64_t kw) {
    using V = hn::Vec<D>;
    V sums[kTaps];
    for (int t = 0; t < kTaps; ++t) sums[t] = hn::LoadU(d, dw + (kh * g.kernel_w + kw + t) * g.channels);
    const Columns first = columns_of_tap(g, kw), last = columns_of_tap(g, kw + kTaps - 1);
    for (std::int64_t oh = 0; oh < g.out_height; ++oh) {
        const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
        if (h < 0 || h >= g.height) continue;
        const float* row_x = x + h * g.width * g.channels;
        const float* row_dy = dy + oh * g.out_width * g.channels;
        // Taps further right start and end further left: the union of their columns, each checked at the
        // borders.
        for (std::int64_t ow = last.begin; ow < first.end; ++ow) {
            const V grad = hn::LoadU(d, row_dy + ow * g.channels);
            const std::int64_t column = ow * g.stride_w + kw * g.dilation_w - g.pad_left;
            const bool whole = column >= 0 && column + (kTaps - 1) * g.dilation_w < g.width;
            for (int t = 0; t < kTaps; ++t) {
                const std::int64_t at = column + t * g.dilation_w;
                if (!whole && (at < 0 || at >= g.width)) continue;
                sums[t] = hn::MulAdd(hn::LoadU(d, row_x + at * g.channels), grad, sums[t]);
            }
        }
    }
    for (int t = 0; t < kTaps; ++t) hn::StoreU(sums[t], d, dw + (kh * g.kernel_w + kw + t) * g.channels);
}

void weight_image(const Geometry& g, const float* x, const float* dy, float* dw) {
    if (g.is_3x3_of_stride_1()) return weight_image_3x3<true>(g, x, dy, dw);
    for_each_vector(g.channels, [&](auto d, std::int64_t c) {
        for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
            std::int64_t kw = 0;
            for (; kw + 3 <= g.kernel_w; kw += 3) weight_taps<3>(d, g, x + c, dy + c, dw + c, kh, kw);
            for (; kw < g.kernel_w; ++kw) weight_taps<1>(d, g, x + c, dy + c, dw + c, kh, kw);
        }
    });
}

}  // namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::depthwise_conv2d_passes {
namespace {

HWY_EXPORT(forward_image);
HWY_EXPORT(scatter_image);
HWY_EXPORT(weight_image);

Geometry geometry(const Shape& image, const Shape& windows, const Window2d& w) {
    return {image[1],   image[2],   windows[1],   windows[2],   image[3],  w.kernel_h, w.kernel_w,
            w.stride_h, w.stride_w, w.dilation_h, w.dilation_w, w.pad_top, w.pad_left};
}

void forward_images(const Geometry& g, const Tensor& x, const Tensor& taps, const Tensor& bias,
                    const Tensor& y) {
    const std::int64_t size_x = g.height * g.width * g.channels,
                       size_y = g.out_height * g.out_width * g.channels;
    parallel_for(y.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(forward_image)
        (g, x.data<float>() + n * size_x, taps.data<float>(), bias ? bias.data<float>() : nullptr,
         y.data<float>() + n * size_y);
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &y = pass.y;
    const Window2d& window = pass.params.window;
    forward_images(geometry(x.shape(), y.shape(), window), x, taps_first(w, false), pass.bias, y);
}

void run(Cpu, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    const Window2d& window = pass.params.window;
    Geometry g = geometry(dx.shape(), dy.shape(), window);
    if (window.stride_h == 1 && window.stride_w == 1) {  // a convolution of dy with the turned filter
        std::swap(g.height, g.out_height);
        std::swap(g.width, g.out_width);
        g.pad_top = window.span_h() - 1 - window.pad_top;
        g.pad_left = window.span_w() - 1 - window.pad_left;
        forward_images(g, dy, taps_first(w, true), {}, dx);
        return;
    }
    const Tensor taps = taps_first(w, false);
    const std::int64_t size_x = g.height * g.width * g.channels,
                       size_y = g.out_height * g.out_width * g.channels;
    parallel_for(dx.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(scatter_image)
        (g, dy.data<float>() + n * size_y, taps.data<float>(), dx.data<float>() + n * size_x);
    });
}

void run(Cpu, const BackwardWeight& pass, const Stream&) {
    const Tensor &x = pass.x, &dy = pass.dy, &dw = pass.dw;
    const Geometry g = geometry(x.shape(), dy.shape(), pass.params.window);
    const std::int64_t images = x.dim(0), taps = g.kernel_h * g.kernel_w, size = taps * g.channels;
    constexpr std::int64_t kImages = 4;  // per partial sum
    const Tensor partial = Tensor::zeros({(images + kImages - 1) / kImages, size});
    parallel_chunks(images, kImages, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
        for (std::int64_t n = begin; n < end; ++n) {
            HWY_DYNAMIC_DISPATCH(weight_image)
            (g, x.data<float>() + n * g.height * g.width * g.channels,
             dy.data<float>() + n * g.out_height * g.out_width * g.channels,
             partial.data<float>() + chunk * size);
        }
    });
    const Tensor sums = Tensor::empty({size});
    gemm::sum_parts(partial.data<float>(), partial.dim(0), size, sums.data<float>());
    store_taps(sums, dw);
}

}  // namespace tern::depthwise_conv2d_passes
#endif
