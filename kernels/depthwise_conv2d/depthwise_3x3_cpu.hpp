// The depthwise 3x3 filter of stride 1, which all networks of this kind are made of. It slides along a row of
// outputs, one vector of channels at a time: 9 taps (or their sums) and 3 sums of outputs (or 3 gradients)
// stay in registers, 15 with a column of the image, which is loaded once for the three outputs that read it.
// Highway compiles this once per instruction set, hence the toggle instead of `#pragma once`.
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
#include "tern/kernels/shared/simd_cpu.hpp"

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

/// Calls function(integral constant: how many rows), not where there are none.
template <class F>
HWY_INLINE void for_rows(FilterRows rows, F function) {
    if (rows.last - rows.first == 3) return function(std::integral_constant<int, 3>());
    if (rows.last - rows.first == 2) return function(std::integral_constant<int, 2>());
    if (rows.last - rows.first == 1) function(std::integral_constant<int, 1>());
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

/// Calls function(outputs, output row, rows of the filter) for blocks of columns, from top to bottom. They
/// are so narrow that a vector of channels of what three rows read stays in L1: columns of 128 channels are
/// 512 bytes apart and share an eighth of its sets.
template <class F>
HWY_INLINE void for_each_block(const Geometry& g, F function) {
    const std::int64_t columns =
        std::clamp<std::int64_t>(2048 / std::max<std::int64_t>(g.channels, 1), 8, 32);
    for (std::int64_t ow = 0; ow < g.out_width; ow += columns)
        for (std::int64_t oh = 0; oh < g.out_height; ++oh)
            function(Outputs{ow, std::min(ow + columns, g.out_width)}, oh, filter_rows(g, oh));
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

// The outputs of a row. x: column 0 of the first of kRows rows of the image, w: of the filter (kRows, 3, C),
// bias: null where !kBias, y: column 0, all at the first of these channels.
template <int kRows, class Read, bool kBias, class D>
HWY_INLINE void forward_row_3x3(D d, const Geometry& g, Outputs outputs, const float* x, const float* w,
                                const float* bias, float* y) {
    using V = hn::Vec<D>;
    const std::int64_t step = g.channels, row = g.width * step;
    V taps[kRows][3];
    for (int kh = 0; kh < kRows; ++kh)
        for (int kw = 0; kw < 3; ++kw) taps[kh][kw] = hn::LoadU(d, w + (kh * 3 + kw) * step);
    // Of an output and the next one: sums of the columns so far. add() returns the one after them.
    V sum = hn::Zero(d), next = sum;
    const auto add = [&](const float* column) HWY_ATTR {
        V after = hn::Zero(d);
        for (int kh = 0; kh < kRows; ++kh) {
            const V value = Read()(d, hn::LoadU(d, column + kh * row));
            sum = hn::MulAdd(value, taps[kh][2], sum);
            next = hn::MulAdd(value, taps[kh][1], next);
            after = kh == 0 ? hn::Mul(value, taps[kh][0]) : hn::MulAdd(value, taps[kh][0], after);
        }
        return after;
    };
    std::int64_t column = outputs.first - g.pad_left;
    for (int kw = 0; kw < 2; ++kw, ++column) {
        const V after = column >= 0 && column < g.width ? add(x + column * step) : hn::Zero(d);
        sum = next;
        next = after;
    }
    float* to = y + outputs.first * step;
    const auto store = [&](V after) HWY_ATTR {
        if constexpr (kBias) sum = hn::Add(sum, hn::LoadU(d, bias));
        hn::StoreU(sum, d, to);
        to += step;
        sum = next;
        next = after;
    };
    // Outputs that no column of the image ends, those that one ends, and those on its right.
    const std::int64_t count = outputs.last - outputs.first;
    const std::int64_t before = std::clamp<std::int64_t>(-column, 0, count),
                       inside = std::clamp<std::int64_t>(g.width - column, before, count);
    const float *const left = to + before * step, *const right = to + inside * step,
                       *const end = to + count * step;
    while (to != left) store(hn::Zero(d));
    const float* from = x + (column + before) * step;
    while (to != right) {
        store(add(from));
        from += step;
    }
    while (to != end) store(hn::Zero(d));
}

/// y (out_height, out_width, C) of an image x (height, width, C); w: (3, 3, C); bias: (C) if
/// kBias. kFetch: x and y come from memory.
template <class Read = AsItIs, bool kFetch = false, bool kBias = false>
inline void forward_image_3x3(const Geometry& g, const float* x, const float* w, float* y,
                              const float* bias = nullptr) {
    const std::int64_t row_x = g.width * g.channels, row_y = g.out_width * g.channels;
    for_each_block(g, [&](Outputs outputs, std::int64_t oh, FilterRows rows) HWY_ATTR {
        const float *const top = x + (oh - g.pad_top) * row_x, *const taps = w + rows.first * 3 * g.channels;
        float* const to = y + oh * row_y;
        if (rows.first >= rows.last) {
            for (std::int64_t ow = outputs.first; ow < outputs.last; ++ow)
                kBias ? std::copy_n(bias, g.channels, to + ow * g.channels)
                      : std::fill_n(to + ow * g.channels, g.channels, 0.0f);
            return;
        }
        for_each_vector(g.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            if constexpr (kFetch) {
                const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
                prefetch_share(g.channels, outputs, c, lanes, top + 3 * row_x);
                prefetch_share(g.channels, outputs, c, lanes, to + row_y);
            }
            for_rows(rows, [&](auto count) HWY_ATTR {
                forward_row_3x3<decltype(count)::value, Read, kBias>(d, g, outputs,
                                                                     top + rows.first * row_x + c, taps + c,
                                                                     kBias ? bias + c : nullptr, to + c);
            });
        });
    });
}

// Adds to dw (kRows, 3, C) what a row of dy makes of as many rows of the filter. x: column 0 of the first
// row, dy: column 0.
template <int kRows, class D>
HWY_INLINE void weight_row_3x3(D d, const Geometry& g, Outputs outputs, const float* x, const float* dy,
                               float* dw) {
    using V = hn::Vec<D>;
    const std::int64_t step = g.channels, row = g.width * step;
    V sums[kRows][3];
    for (auto& of_row : sums)
        for (V& sum : of_row) sum = hn::Zero(d);
    // Gradients of the outputs that read a column as their right, middle and left one.
    V right = hn::Zero(d), middle = right;
    const auto add = [&](const float* column, V left) HWY_ATTR {
        for (int kh = 0; kh < kRows; ++kh) {
            const V value = hn::LoadU(d, column + kh * row);
            sums[kh][2] = hn::MulAdd(value, right, sums[kh][2]);
            sums[kh][1] = hn::MulAdd(value, middle, sums[kh][1]);
            sums[kh][0] = hn::MulAdd(value, left, sums[kh][0]);
        }
    };
    const auto shift = [&](V left) HWY_ATTR {
        right = middle;
        middle = left;
    };
    std::int64_t column = outputs.first - g.pad_left;  // that the first output reads first
    const float* grad = dy + outputs.first * step;
    const std::int64_t count = outputs.last - outputs.first;
    const std::int64_t before = std::clamp<std::int64_t>(-column, 0, count),
                       inside = std::clamp<std::int64_t>(g.width - column, before, count);
    const float *const left_end = grad + before * step, *const end = grad + inside * step;
    for (; grad != left_end; grad += step) shift(hn::LoadU(d, grad));
    for (const float* from = x + (column + before) * step; grad != end; grad += step, from += step) {
        const V left = hn::LoadU(d, grad);
        add(from, left);
        shift(left);
    }
    const std::int64_t last = column + count + 2;
    for (column += inside; column < std::min(last, g.width); ++column) {
        if (column >= 0) add(x + column * step, hn::Zero(d));
        shift(hn::Zero(d));
    }
    for (int kh = 0; kh < kRows; ++kh)
        for (int kw = 0; kw < 3; ++kw) {
            float* const to = dw + (kh * 3 + kw) * step;
            hn::StoreU(hn::Add(hn::LoadU(d, to), sums[kh][kw]), d, to);
        }
}

/// Adds one image's sums to dw (3, 3, C). kFetch: x and dy come from memory.
template <bool kFetch = false>
inline void weight_image_3x3(const Geometry& g, const float* x, const float* dy, float* dw) {
    const std::int64_t row_x = g.width * g.channels, row_dy = g.out_width * g.channels;
    for_each_block(g, [&](Outputs outputs, std::int64_t oh, FilterRows rows) HWY_ATTR {
        const float *const top = x + (oh - g.pad_top) * row_x, *const grad = dy + oh * row_dy;
        for_each_vector(g.channels, [&](auto d, std::int64_t c) HWY_ATTR {
            if constexpr (kFetch) {
                const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
                prefetch_share(g.channels, outputs, c, lanes, top + 3 * row_x);
                prefetch_share(g.channels, outputs, c, lanes, grad + row_dy);
            }
            for_rows(rows, [&](auto count) HWY_ATTR {
                weight_row_3x3<decltype(count)::value>(d, g, outputs, top + rows.first * row_x + c, grad + c,
                                                       dw + rows.first * 3 * g.channels + c);
            });
        });
    });
}

}  // namespace tern::depthwise_conv2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
