// One vector of channels at a time: NHWC keeps them contiguous, so no shuffles are needed. A 3x3 pass does 9
// FMA per 8 bytes read and written, so memory bounds it, a 7x7 pass 49, so loads from L1 do.
// depthwise_3x3_cpu.hpp has the loops for what is usual, this file those for any window.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/depthwise_conv2d/depthwise_conv2d_cpu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_3x3_cpu.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_conv2d_passes.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_sweep.hpp"
#include "tern/kernels/depthwise_conv2d/depthwise_taps_cpu.hpp"
#include "tern/kernels/gemm/gemm.hpp"
#include "tern/kernels/shared/bands.hpp"
#include "tern/kernels/shared/kept_weights.hpp"
#include "tern/kernels/shared/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

// What a block of outputs reads and writes. x: what its first output reads through its first tap w, y: where that
// output goes; then distances in elements.
struct BlockTaps {
    const float *x, *w;
    float* y;
    std::int64_t rows, columns;
    std::int64_t x_row, x_column, w_row, w_column;  // from tap to tap
    std::int64_t x_output, y_output;                // from output to output
    std::int64_t y_below;                           // to the next row
};

// The outputs of a block, one vector of channels from c on: 8 sums and a weight in registers, 9 loads for 8
// FMA. bias may be null.
template <int kCount, class D>
HWY_INLINE void outputs(D d, const BlockTaps& taps, const Block& block, std::int64_t c, const float* bias) {
    using V = hn::Vec<D>;
    V sums[kCount];
    for (int i = 0; i < kCount; ++i) sums[i] = hn::Zero(d);
    for (std::int64_t r = 0; r < taps.rows; ++r) {
        const float *x = taps.x + r * taps.x_row + c, *w = taps.w + r * taps.w_row + c;
        std::int64_t k = 0;
        // Up to a tap, through which some outputs read beside the row.
        const auto border = [&](std::int64_t end) HWY_ATTR {
            for (; k < end; ++k, x += taps.x_column, w += taps.w_column) {
                const V tap = hn::LoadU(d, w);
                const Range inside = block.inside[k];
                const float* from = x;
                for (int i = 0; i < kCount; ++i, from += taps.x_output)
                    if (i >= inside.begin && i < inside.end)
                        sums[i] = hn::MulAdd(hn::LoadU(d, from), tap, sums[i]);
            }
        };
        border(block.whole.begin);
        for (; k < block.whole.end; ++k, x += taps.x_column, w += taps.w_column) {
            const V tap = hn::LoadU(d, w);
            const float* from = x;
            for (int i = 0; i < kCount; ++i, from += taps.x_output)
                sums[i] = hn::MulAdd(hn::LoadU(d, from), tap, sums[i]);
        }
        border(taps.columns);
    }
    float* y = taps.y + c;
    for (int i = 0; i < kCount; ++i, y += taps.y_output) {
        if (bias != nullptr) sums[i] = hn::Add(sums[i], hn::LoadU(d, bias + c));
        hn::StoreU(sums[i], d, y);
        // Strides leave most of the time to memory: 0.7 of the time of the gradient of 144 channels.
        __builtin_prefetch(y + taps.y_below, 1);
    }
}

// Row h of the outputs of a block.
void sweep_block(const Sweep& s, const Block& block, std::int64_t h, const float* x, const float* w,
                 const float* bias, float* y) {
    const auto row_phases = std::ssize(s.rows), column_phases = std::ssize(s.columns);
    const Axis &rows = s.rows[h % row_phases], &columns = s.columns[block.phase];
    const std::int64_t channels = s.channels, q = h / row_phases;
    const Range inside = rows.whole_taps(q, q, s.height);
    const BlockTaps taps{
        .x = x + (rows.source(q, inside.begin) * s.width + columns.source(block.first, 0)) * channels,
        .w =
            w + ((rows.first_tap + inside.begin * rows.tap_step) * s.kernel_w + columns.first_tap) * channels,
        .y = y + (h * s.out_width + block.phase + block.first * column_phases) * channels,
        .rows = inside.end - inside.begin,
        .columns = columns.count,
        .x_row = rows.spacing * s.width * channels,
        .x_column = columns.spacing * channels,
        .w_row = rows.tap_step * s.kernel_w * channels,
        .w_column = columns.tap_step * channels,
        .x_output = columns.step * channels,
        .y_output = column_phases * channels,
        .y_below = s.out_width * channels};
    const auto call = [&](auto count) HWY_ATTR {
        for_each_vector(channels, [&](auto d, std::int64_t c)
                                      HWY_ATTR { outputs<decltype(count)::value>(d, taps, block, c, bias); });
    };
    if (block.count == 8) return call(std::integral_constant<int, 8>());
    if (block.count == 4) return call(std::integral_constant<int, 4>());
    call(std::integral_constant<int, 1>());
}

void forward_image_of_stride_1(const Geometry& g, const float* x, const float* w, const float* bias,
                               float* y) {
    bias == nullptr ? forward_image_3x3<AsItIs, true>(g, x, w, y)
                    : forward_image_3x3<AsItIs, true, true>(g, x, w, y, bias);
}

// Rows [begin, end) of outputs of an image.
void sweep_rows(const Sweep& s, std::int64_t begin, std::int64_t end, const float* x, const float* w,
                const float* bias, float* y) {
    for (const std::vector<Block>& stripe : s.stripes)
        for (std::int64_t h = begin; h < end; ++h)
            for (const Block& block : stripe) sweep_block(s, block, h, x, w, bias, y);
}

// Adds to kTaps neighbouring weights of one row of the filter what a row of dy makes of a row x of the image, of
// which its first output reads `column` through the first of them.
template <int kTaps, class D>
HWY_INLINE void weight_row(D d, const Geometry& g, std::int64_t column, const float* x, const float* dy,
                           float* dw) {
    using V = hn::Vec<D>;
    const std::int64_t tap = g.dilation_w * g.channels, last = (kTaps - 1) * g.dilation_w;
    V sums[kTaps];
    for (int t = 0; t < kTaps; ++t) sums[t] = hn::LoadU(d, dw + t * g.channels);
    for (std::int64_t ow = 0; ow < g.out_width; ++ow, column += g.stride_w) {
        const V grad = hn::LoadU(d, dy + ow * g.channels);
        const float* const from = x + column * g.channels;
        if (column >= 0 && column + last < g.width) {
            for (int t = 0; t < kTaps; ++t) sums[t] = hn::MulAdd(hn::LoadU(d, from + t * tap), grad, sums[t]);
        } else {
            for (int t = 0; t < kTaps; ++t) {
                const std::int64_t at = column + t * g.dilation_w;
                if (at >= 0 && at < g.width)
                    sums[t] = hn::MulAdd(hn::LoadU(d, from + t * tap), grad, sums[t]);
            }
        }
    }
    for (int t = 0; t < kTaps; ++t) hn::StoreU(sums[t], d, dw + t * g.channels);
}

// All weights of a row of the filter from kw on, 7, 5, 3 and 1 at a time. A sum waits 4 cycles for the one before:
// 8 of them keep two units busy.
template <int kTaps = 7, class D>
HWY_INLINE void weight_taps(D d, const Geometry& g, const float* x, const float* dy, float* dw,
                            std::int64_t kw = 0) {
    for (; kw + kTaps <= g.kernel_w; kw += kTaps)
        weight_row<kTaps>(d, g, kw * g.dilation_w - g.pad_left, x, dy, dw + kw * g.channels);
    if constexpr (kTaps > 1) weight_taps<kTaps - 2>(d, g, x, dy, dw, kw);
}

void weight_image(const Geometry& g, const float* x, const float* dy, float* dw) {
    if (g.is_3x3_of_stride_1()) return weight_image_3x3<true>(g, x, dy, dw);
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t kh = 0; kh < g.kernel_h; ++kh) {
            const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.pad_top;
            if (h < 0 || h >= g.height) continue;
            const float *const row_x = x + h * g.width * g.channels, *const row_dy =
                                                                         dy + oh * g.out_width * g.channels;
            float* const row_dw = dw + kh * g.kernel_w * g.channels;
            for_each_vector(g.channels, [&](auto d, std::int64_t c) HWY_ATTR {
                weight_taps(d, g, row_x + c, row_dy + c, row_dw + c);
            });
        }
}

}  // namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::depthwise_conv2d_passes {
namespace {

HWY_EXPORT(forward_image_of_stride_1);
HWY_EXPORT(sweep_rows);
HWY_EXPORT(weight_image);

Geometry geometry(const Shape& image, const Shape& windows, const Window2d& w) {
    return {image[1],   image[2],   windows[1],   windows[2],   image[3],  w.kernel_h, w.kernel_w,
            w.stride_h, w.stride_w, w.dilation_h, w.dilation_w, w.pad_top, w.pad_left};
}

// Calls function(x, y, begin, end) for rows [begin, end) of outputs of each image, at the first elements of both images.
template <class F>
void for_each_part(const Tensor& x, const Tensor& y, F function) {
    const std::int64_t size_x = x.dim(1) * x.dim(2) * x.dim(3), size_y = y.dim(1) * y.dim(2) * y.dim(3);
    for_each_band(y.dim(0), y.dim(1), y.dim(1), [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
        function(x.data<float>() + n * size_x, y.data<float>() + n * size_y, begin, end);
    });
}

void forward_images_of_stride_1(const Geometry& g, const Tensor& x, const Tensor& taps, const Tensor& bias,
                                const Tensor& y) {
    for_each_part(x, y, [&](const float* from, float* to, std::int64_t begin, std::int64_t end) {
        Geometry rows = g;
        rows.out_height = end - begin;
        rows.pad_top -= begin;
        HWY_DYNAMIC_DISPATCH(forward_image_of_stride_1)
        (rows, from, taps.data<float>(), bias ? bias.data<float>() : nullptr,
         to + begin * g.out_width * g.channels);
    });
}

void sweep_images(const Sweep& sweep, const Tensor& x, const Tensor& taps, const Tensor& bias,
                  const Tensor& y) {
    for_each_part(x, y, [&](const float* from, float* to, std::int64_t begin, std::int64_t end) {
        HWY_DYNAMIC_DISPATCH(sweep_rows)
        (sweep, begin, end, from, taps.data<float>(), bias ? bias.data<float>() : nullptr, to);
    });
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &w = pass.w, &y = pass.y;
    const Geometry g = geometry(x.shape(), y.shape(), pass.params.window);
    const auto taps = KeptWeights::get({w}, 0, [&] { return taps_first(w, false); });
    if (g.is_3x3_of_stride_1())
        forward_images_of_stride_1(g, x, *taps, pass.bias, y);
    else
        sweep_images(Sweep::forward(g), x, *taps, pass.bias, y);
}

void run(Cpu, const BackwardInput& pass, const Stream&) {
    const Tensor &dy = pass.dy, &w = pass.w, &dx = pass.dx;
    const Window2d& window = pass.params.window;
    Geometry g = geometry(dx.shape(), dy.shape(), window);
    if (!g.is_3x3_of_stride_1()) return sweep_images(Sweep::backward(g), dy, taps_first(w, false), {}, dx);
    // A convolution of dy with the turned filter.
    std::swap(g.height, g.out_height);
    std::swap(g.width, g.out_width);
    g.pad_top = 2 - window.pad_top;
    g.pad_left = 2 - window.pad_left;
    forward_images_of_stride_1(g, dy, taps_first(w, true), {}, dx);
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
