// The depthwise 3x3 filter of stride 1, which all networks of this kind are made of. One row of the filter
// slides along one row of the image, two vectors of channels at a time: its taps (or their sums) and three
// columns stay in registers, so a column is loaded once for three taps, and whole cache lines are read in
// order. Highway compiles this once per instruction set, hence the toggle instead of `#pragma once`.
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
using tern::HWY_NAMESPACE::for_each_group;

/// Rows [first, last) of the filter that read inside the image for output row `oh`.
struct FilterRows {
    std::int64_t first, last;
};
inline FilterRows filter_rows(const Geometry& g, std::int64_t oh) {
    const std::int64_t top = oh - g.pad_top;
    return {std::clamp<std::int64_t>(-top, 0, 3), std::clamp<std::int64_t>(g.height - top, 0, 3)};
}

/// Outputs [first, last) of a row.
struct Outputs {
    std::int64_t first, last;
};

/// What the filter does with the image while reading it: nothing, or relu(), where a NaN stays.
struct AsItIs {
    template <class D>
    HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> value) const {
        return value;
    }
};
struct Relu {
    template <class D>
    HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> value) const {
        return tern::HWY_NAMESPACE::relu(d, value);
    }
};

/// Outputs that are worked on at a time: what they read of a wide image is in L1 for the next row of the
/// filter.
constexpr std::int64_t kBlockColumns = 32;

template <class F>
HWY_INLINE void for_each_block(const Geometry& g, F function) {
    for (std::int64_t ow = 0; ow < g.out_width; ow += kBlockColumns)
        function(Outputs{ow, std::min(ow + kBlockColumns, g.out_width)});
}

// Calls function(output, vectors of the three columns that it reads) for the outputs; columns beside the
// image are zeros. x: column 0 of the row, at the first of kVectors vectors of channels.
template <int kVectors, class Read, class D, class F>
HWY_INLINE void slide(D d, const Geometry& g, Outputs outputs, const float* x, F function) {
    using V = hn::Vec<D>;
    const std::int64_t step = g.channels;
    const auto load = [&](const float* from, V* to) HWY_ATTR {
        for (int v = 0; v < kVectors; ++v)
            to[v] = Read()(d, hn::LoadU(d, from + v * static_cast<std::int64_t>(hn::Lanes(d))));
    };
    const auto load_padded = [&](std::int64_t column, V* to) HWY_ATTR {
        if (column >= 0 && column < g.width) return load(x + column * step, to);
        for (int v = 0; v < kVectors; ++v) to[v] = hn::Zero(d);
    };
    V a[kVectors], b[kVectors], c[kVectors];
    std::int64_t ow = outputs.first, column = ow - g.pad_left;  // the first that it reads
    load_padded(column, a);
    load_padded(column + 1, b);
    const float* next = x + (column + 2) * step;
    for (; column >= -2 && ow + 3 <= outputs.last && column + 4 < g.width;
         ow += 3, column += 3, next += 3 * step) {
        load(next, c);
        function(ow, a, b, c);
        load(next + step, a);
        function(ow + 1, b, c, a);
        load(next + 2 * step, b);
        function(ow + 2, c, a, b);
    }
    for (; ow < outputs.last; ++ow, ++column) {
        load_padded(column + 2, c);
        function(ow, a, b, c);
        for (int v = 0; v < kVectors; ++v) {
            a[v] = b[v];
            b[v] = c[v];
        }
    }
}

// Where rows come from memory, the next ones are fetched while this one is worked on, in order and a share
// per group of channels: along a group alone lines are 4 C bytes apart, which no processor guesses well. 64
// images of 64 channels: 0.8 of the time. Where the rows are in L1, 1.2.
inline void prefetch_share(std::int64_t all_channels, Outputs outputs, std::int64_t c, std::int64_t channels,
                           const float* row) {
    constexpr std::int64_t kLine = 16;  // floats that one prefetch brings
    const std::int64_t columns = outputs.last - outputs.first;
    const float* const from = row + outputs.first * all_channels + c * columns;
    for (std::int64_t i = 0; i < channels * columns; i += kLine) __builtin_prefetch(from + i);
}

// Sums of outputs, `step` elements from one to the next.
struct Sums {
    float* data;
    std::int64_t step;
};

// to = from + what one row of the filter makes of a row of the image; kFirst: there is no `from` yet. x:
// column 0, w: (3, C), from, to: the first of the outputs, all at the first of these channels.
template <int kVectors, bool kFirst, class Read, class D>
HWY_INLINE void forward_row_3x3(D d, const Geometry& g, Outputs outputs, const float* x, const float* w,
                                Sums from, Sums to) {
    using V = hn::Vec<D>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    V taps[3][kVectors];
    for (int kw = 0; kw < 3; ++kw)
        for (int v = 0; v < kVectors; ++v) taps[kw][v] = hn::LoadU(d, w + kw * g.channels + v * lanes);
    slide<kVectors, Read>(
        d, g, outputs, x, [=](std::int64_t ow, const V* left, const V* middle, const V* right) HWY_ATTR {
            const std::int64_t at = ow - outputs.first;
            for (int v = 0; v < kVectors; ++v) {
                V sum;
                if constexpr (kFirst)
                    sum = hn::Mul(left[v], taps[0][v]);
                else
                    sum =
                        hn::MulAdd(left[v], taps[0][v], hn::LoadU(d, from.data + at * from.step + v * lanes));
                sum = hn::MulAdd(middle[v], taps[1][v], sum);
                hn::StoreU(hn::MulAdd(right[v], taps[2][v], sum), d, to.data + at * to.step + v * lanes);
            }
        });
}

/// y (out_height, out_width, C) of an image x (height, width, C); w: (3, 3, C). kFetch: x and y come from
/// memory.
template <class Read = AsItIs, bool kFetch = false>
inline void forward_image_3x3(const Geometry& g, const float* x, const float* w, float* y) {
    // Between rows of the filter sums wait here and not in y, whose columns of 128 channels are 512 bytes
    // apart: they share an eighth of L1's sets with those of x, and took 1.2 times as long.
    HWY_ALIGN float waiting[kBlockColumns * 2 * hn::MaxLanes(hn::ScalableTag<float>())];
    const std::int64_t row_x = g.width * g.channels, row_y = g.out_width * g.channels;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh, y += row_y) {
        const FilterRows rows = filter_rows(g, oh);
        if (rows.first >= rows.last) {
            std::fill(y, y + row_y, 0.0f);
            continue;
        }
        const float* const top = x + (oh - g.pad_top) * row_x;
        for_each_block(g, [&](Outputs outputs) HWY_ATTR {
            for_each_group<2>(g.channels, [&](auto d, auto vectors, std::int64_t c) HWY_ATTR {
                constexpr int kVectors = decltype(vectors)::value;
                const auto channels = kVectors * static_cast<std::int64_t>(hn::Lanes(d));
                if constexpr (kFetch) {
                    prefetch_share(g.channels, outputs, c, channels, top + 3 * row_x);
                    prefetch_share(g.channels, outputs, c, channels, y + row_y);
                }
                const Sums buffer{waiting, channels}, out{y + outputs.first * g.channels + c, g.channels};
                for (std::int64_t kh = rows.first; kh < rows.last; ++kh) {
                    const float *const row = top + kh * row_x + c, *const taps = w + kh * 3 * g.channels + c;
                    const Sums to = kh + 1 == rows.last ? out : buffer;
                    if (kh == rows.first)
                        forward_row_3x3<kVectors, true, Read>(d, g, outputs, row, taps, buffer, to);
                    else
                        forward_row_3x3<kVectors, false, Read>(d, g, outputs, row, taps, buffer, to);
                }
            });
        });
    }
}

// Adds to dw (3, C) what a row of dy makes of one row of the filter.
template <int kVectors, class D>
HWY_INLINE void weight_row_3x3(D d, const Geometry& g, Outputs outputs, const float* x, const float* dy,
                               float* dw) {
    using V = hn::Vec<D>;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const std::int64_t step = g.channels;
    V sums[3][kVectors];
    for (auto& sum : sums)
        for (V& vector : sum) vector = hn::Zero(d);
    slide<kVectors, AsItIs>(d, g, outputs, x,
                            [&](std::int64_t ow, const V* left, const V* middle, const V* right) HWY_ATTR {
                                for (int v = 0; v < kVectors; ++v) {
                                    const V grad = hn::LoadU(d, dy + ow * step + v * lanes);
                                    sums[0][v] = hn::MulAdd(left[v], grad, sums[0][v]);
                                    sums[1][v] = hn::MulAdd(middle[v], grad, sums[1][v]);
                                    sums[2][v] = hn::MulAdd(right[v], grad, sums[2][v]);
                                }
                            });
    for (int kw = 0; kw < 3; ++kw)
        for (int v = 0; v < kVectors; ++v) {
            float* const to = dw + kw * step + v * lanes;
            hn::StoreU(hn::Add(hn::LoadU(d, to), sums[kw][v]), d, to);
        }
}

/// Adds one image's sums to dw (3, 3, C). kFetch: x and dy come from memory.
template <bool kFetch = false>
inline void weight_image_3x3(const Geometry& g, const float* x, const float* dy, float* dw) {
    const std::int64_t row_x = g.width * g.channels, row_dy = g.out_width * g.channels;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh, dy += row_dy) {
        const FilterRows rows = filter_rows(g, oh);
        const float* const top = x + (oh - g.pad_top) * row_x;
        for_each_block(g, [&](Outputs outputs) HWY_ATTR {
            for_each_group<2>(g.channels, [&](auto d, auto vectors, std::int64_t c) HWY_ATTR {
                constexpr int kVectors = decltype(vectors)::value;
                if constexpr (kFetch) {
                    const auto channels = kVectors * static_cast<std::int64_t>(hn::Lanes(d));
                    prefetch_share(g.channels, outputs, c, channels, top + 3 * row_x);
                    prefetch_share(g.channels, outputs, c, channels, dy + row_dy);
                }
                for (std::int64_t kh = rows.first; kh < rows.last; ++kh)
                    weight_row_3x3<kVectors>(d, g, outputs, top + kh * row_x + c, dy + c,
                                             dw + kh * 3 * g.channels + c);
            });
        });
    }
}

}  // namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
