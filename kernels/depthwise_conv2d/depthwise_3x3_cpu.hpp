// The depthwise 3x3 filter of stride 1, which all networks of this kind are made of. Blocks of columns at a
// time, through all channels: memory is read in order, and what a block shares (taps, or its sums) is loaded
// once for it. Highway compiles this once per instruction set, hence the toggle instead of `#pragma once`.
#if defined(TERN_DEPTHWISE_3X3_CPU) == defined(HWY_TARGET_TOGGLE)
#ifdef TERN_DEPTHWISE_3X3_CPU
#undef TERN_DEPTHWISE_3X3_CPU
#else
#define TERN_DEPTHWISE_3X3_CPU
#endif

#include <algorithm>
#include <cstdint>

#include <hwy/highway.h>

#include "tern/kernels/depthwise_conv2d/depthwise_geometry.hpp"
#include "tern/kernels/simd_cpu.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

/// Rows [first, last) of the filter that read inside the image for output row `oh`.
struct FilterRows {
    std::int64_t first, last;
};
inline FilterRows filter_rows(const Geometry& g, std::int64_t oh) {
    const std::int64_t top = oh - g.pad_top;
    return {std::clamp<std::int64_t>(-top, 0, 3), std::clamp<std::int64_t>(g.height - top, 0, 3)};
}

// With two vectors of channels 8 sums, whose chains hide the latency of a multiply-add, 6 taps and a value:
// 15 of 16 registers.
constexpr std::int64_t kForwardColumns = 4;

// kCount outputs of kVectors vectors of channels from column ow on. x, w, y: the first value, tap and output
// of all, `count` rows of the filter. kChecked: columns of x outside [0, width) are zeros; the first value is
// in first_column.
template <int kCount, int kVectors, bool kChecked, class D>
HWY_INLINE void forward_vectors_3x3(D d, const float* x, const float* w, float* y, std::int64_t count,
                                    std::int64_t channels, std::int64_t width, std::int64_t first_column) {
    using V = hn::Vec<D>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    V sums[kCount][kVectors];
    for (auto& sum : sums)
        for (V& vector : sum) vector = hn::Zero(d);
    for (std::int64_t kh = 0; kh < count; ++kh, x += width * channels, w += 3 * channels) {
        V taps[3][kVectors];
        for (int kw = 0; kw < 3; ++kw)
            for (int v = 0; v < kVectors; ++v) taps[kw][v] = hn::LoadU(d, w + kw * channels + v * lanes);
        HWY_UNROLL(6)
        for (int j = 0; j < kCount + 2; ++j) {
            if (kChecked && (first_column + j < 0 || first_column + j >= width)) continue;
            HWY_UNROLL(2)
            for (int v = 0; v < kVectors; ++v) {
                const V value = hn::LoadU(d, x + j * channels + v * lanes);
                for (int kw = 0; kw < 3; ++kw) {
                    const int i = j - kw;
                    if (i >= 0 && i < kCount) sums[i][v] = hn::MulAdd(value, taps[kw][v], sums[i][v]);
                }
            }
        }
    }
    for (int i = 0; i < kCount; ++i)
        for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[i][v], d, y + i * channels + v * lanes);
}

// kCount outputs of all channels from column ow on. x, y, w: the image, the first output, (taps, C).
template <int kCount, bool kChecked>
HWY_INLINE void forward_block_3x3(const Geometry& g, FilterRows rows, const float* x, const float* w,
                                  float* y, std::int64_t oh, std::int64_t ow) {
    const std::int64_t channels = g.channels, width = g.width, column = ow - g.pad_left,
                       count = rows.last - rows.first;
    x += ((oh - g.pad_top + rows.first) * width + column) * channels;
    w += rows.first * 3 * channels;
    const hn::ScalableTag<float> d;
    const auto pair = 2 * static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t pairs = channels / pair * pair;
    for (std::int64_t c = 0; c < pairs; c += pair)
        forward_vectors_3x3<kCount, 2, kChecked>(d, x + c, w + c, y + c, count, channels, width, column);
    for_each_vector(channels - pairs, [=](auto tag, std::int64_t rest) HWY_ATTR {
        const std::int64_t c = pairs + rest;
        forward_vectors_3x3<kCount, 1, kChecked>(tag, x + c, w + c, y + c, count, channels, width, column);
    });
}

inline void forward_image_3x3(const Geometry& g, const float* x, const float* w, float* y) {
    for (std::int64_t oh = 0; oh < g.out_height; ++oh) {
        const FilterRows rows = filter_rows(g, oh);
        float* const out = y + oh * g.out_width * g.channels;
        std::int64_t ow = 0;
        while (ow < g.out_width) {
            const std::int64_t first = ow - g.pad_left, left = g.out_width - ow;
            const bool inside = first >= 0 && first + kForwardColumns + 2 <= g.width;
            float* const to = out + ow * g.channels;
            if (left < kForwardColumns) {
                forward_block_3x3<1, true>(g, rows, x, w, to, oh, ow);
                ++ow;
            } else if (inside) {
                forward_block_3x3<kForwardColumns, false>(g, rows, x, w, to, oh, ow);
                ow += kForwardColumns;
            } else {
                forward_block_3x3<kForwardColumns, true>(g, rows, x, w, to, oh, ow);
                ow += kForwardColumns;
            }
        }
    }
}

constexpr std::int64_t kWeightColumns = 16;  // of x (3 rows) and dy: 16 KB of 64 channels, half of L1

// Adds to dw (taps, C) what outputs [ow, end) of row `oh` make of filter rows [kFirst, kLast). kChecked: some
// columns of x are outside the row. x: the image, dy: the row.
template <int kFirst, int kLast, bool kChecked>
void weight_block_3x3(const Geometry& g, const float* x, const float* dy, float* dw, std::int64_t oh,
                      std::int64_t ow, std::int64_t end) {
    constexpr int kTaps = (kLast - kFirst) * 3;
    for_each_vector(g.channels, [&](auto d, std::int64_t c) {
        using V = hn::Vec<decltype(d)>;
        V sums[kTaps];
        for (int t = 0; t < kTaps; ++t) sums[t] = hn::LoadU(d, dw + (kFirst * 3 + t) * g.channels + c);
        for (std::int64_t column = ow; column < end; ++column) {
            const V grad = hn::LoadU(d, dy + column * g.channels + c);
            HWY_UNROLL(9)
            for (int t = 0; t < kTaps; ++t) {
                const std::int64_t at = column - g.pad_left + t % 3;
                if (kChecked && (at < 0 || at >= g.width)) continue;
                const std::int64_t row = oh - g.pad_top + kFirst + t / 3;
                sums[t] = hn::MulAdd(hn::LoadU(d, x + (row * g.width + at) * g.channels + c), grad, sums[t]);
            }
        }
        for (int t = 0; t < kTaps; ++t) hn::StoreU(sums[t], d, dw + (kFirst * 3 + t) * g.channels + c);
    });
}

template <bool kChecked>
void weight_block_3x3(const Geometry& g, FilterRows rows, const float* x, const float* dy, float* dw,
                      std::int64_t oh, std::int64_t ow, std::int64_t end) {
    const auto add = [&]<int kFirst, int kLast>() {
        weight_block_3x3<kFirst, kLast, kChecked>(g, x, dy, dw, oh, ow, end);
    };
    if (rows.first == 0 && rows.last == 3) return add.template operator()<0, 3>();
    for (std::int64_t kh = rows.first; kh < rows.last; ++kh) {
        if (kh == 0) add.template operator()<0, 1>();
        if (kh == 1) add.template operator()<1, 2>();
        if (kh == 2) add.template operator()<2, 3>();
    }
}

/// Adds one image's sums to dw (KH, KW, C).
inline void weight_image_3x3(const Geometry& g, const float* x, const float* dy, float* dw) {
    // Outputs [begin, end) of a row read inside it with all taps.
    const std::int64_t begin = std::clamp<std::int64_t>(g.pad_left, 0, g.out_width);
    const std::int64_t end = std::clamp<std::int64_t>(g.width - 2 + g.pad_left, begin, g.out_width);
    for (std::int64_t oh = 0; oh < g.out_height; ++oh) {
        const FilterRows rows = filter_rows(g, oh);
        const float* const row = dy + oh * g.out_width * g.channels;
        weight_block_3x3<true>(g, rows, x, row, dw, oh, 0, begin);
        for (std::int64_t ow = begin; ow < end; ow += kWeightColumns)
            weight_block_3x3<false>(g, rows, x, row, dw, oh, ow, std::min(ow + kWeightColumns, end));
        weight_block_3x3<true>(g, rows, x, row, dw, oh, end, g.out_width);
    }
}

}  // namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
