// A depthwise convolution with any window, or its gradient of the input, as the CPU's loops see it: outputs
// that read a source image through taps of the filter.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "tern/kernels/depthwise_conv2d/depthwise_geometry.hpp"

namespace tern::depthwise_conv2d_passes {

struct Range {
    std::int64_t begin, end;
};

/// Of `count` pixels, `step` apart, those of [0, size).
inline Range inside(std::int64_t first, std::int64_t step, std::int64_t count, std::int64_t size) {
    const std::int64_t begin = first >= 0 ? 0 : std::min((step - 1 - first) / step, count);
    const std::int64_t end = first >= size ? 0 : std::min((size - 1 - first) / step + 1, count);
    return {begin, std::max(begin, end)};
}

/// Along one dimension, output q reads pixel q * step + offset + k * spacing through the filter's tap
/// first_tap + k * tap_step, for k < count.
struct Axis {
    std::int64_t outputs, step, offset, spacing, first_tap, tap_step, count;

    std::int64_t source(std::int64_t output, std::int64_t k) const {
        return output * step + offset + k * spacing;
    }

    /// The taps through which all of outputs [first, last] read pixels of [0, size). They are neighbours.
    Range whole_taps(std::int64_t first, std::int64_t last, std::int64_t size) const {
        const auto fits = [&](std::int64_t k) { return source(first, k) >= 0 && source(last, k) < size; };
        Range taps{0, count};
        while (taps.begin < count && !fits(taps.begin)) ++taps.begin;
        while (taps.end > taps.begin && !fits(taps.end - 1)) --taps.end;
        return taps;
    }

    /// Of the forward pass: x pixel = output * stride + tap * dilation - pad.
    static std::vector<Axis> forward(std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                                     std::int64_t dilation, std::int64_t pad) {
        return {{outputs, stride, -pad, dilation, 0, 1, kernel}};
    }

    /// Of the gradient of x, one for the pixels phase, phase + stride, ...: the taps that reach them, which are
    /// every stride / gcd(stride, dilation)-th, and the pixel of dy that each came from.
    static std::vector<Axis> backward(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                      std::int64_t dilation, std::int64_t pad) {
        const std::int64_t every = stride / std::gcd(stride, dilation);
        std::vector<Axis> phases;
        for (std::int64_t phase = 0; phase < stride; ++phase) {
            const auto distance = [&](std::int64_t tap) { return phase + pad - tap * dilation; };
            std::int64_t tap = 0;
            while (tap < std::min(every, kernel) && distance(tap) % stride != 0) ++tap;
            const std::int64_t count = tap == every ? 0 : (kernel - tap + every - 1) / every;
            phases.push_back({(size - phase + stride - 1) / stride, 1, distance(tap) / stride,
                              -every * dilation / stride, tap, every, count});
        }
        return phases;
    }
};

/// `count` neighbouring outputs of a row, 8, 4 or 1. An output alone waits 4 cycles for each of its sums in a
/// chain, so what is left at the end of a row is a block that overlaps the one before.
struct Block {
    std::int64_t phase, first, count;  // of Sweep::columns
    Range whole;                       // taps through which all of them read inside the row
    std::vector<Range> inside;         // for each tap, which of them do
};

/// Outputs (out_height, out_width, channels) that read an image (height, width, channels). Those of row h are
/// output h / rows.size() of rows[h % rows.size()], those of columns likewise.
struct Sweep {
    std::int64_t height, width, out_height, out_width, channels, kernel_w;
    std::vector<Axis> rows, columns;
    std::vector<std::vector<Block>> stripes;  // blocks of all phases that are computed row by row together

    static Sweep forward(const Geometry& g) {
        return with_stripes({g.height,
                             g.width,
                             g.out_height,
                             g.out_width,
                             g.channels,
                             g.kernel_w,
                             Axis::forward(g.out_height, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top),
                             Axis::forward(g.out_width, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left),
                             {}});
    }

    /// Of the gradient of x, which reads dy.
    static Sweep backward(const Geometry& g) {
        return with_stripes({g.out_height,
                             g.out_width,
                             g.height,
                             g.width,
                             g.channels,
                             g.kernel_w,
                             Axis::backward(g.height, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top),
                             Axis::backward(g.width, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left),
                             {}});
    }

  private:
    static Sweep with_stripes(Sweep sweep) {
        for (std::int64_t phase = 0; phase < std::ssize(sweep.columns); ++phase) {
            const std::int64_t outputs = sweep.columns[phase].outputs;
            std::int64_t stripe = 0;
            for (std::int64_t q = 0; q < outputs; ++stripe) {
                const std::int64_t count = outputs >= 8 && outputs - q > 4 ? 8 : outputs >= 4 ? 4 : 1;
                if (stripe == std::ssize(sweep.stripes)) sweep.stripes.emplace_back();
                sweep.stripes[stripe].push_back(sweep.block(phase, std::min(q, outputs - count), count));
                q += count;
            }
        }
        return sweep;
    }

    Block block(std::int64_t phase, std::int64_t first, std::int64_t count) const {
        const Axis& axis = columns[phase];
        Block result{phase, first, count, axis.whole_taps(first, first + count - 1, width), {}};
        for (std::int64_t k = 0; k < axis.count; ++k)
            result.inside.push_back(inside(axis.source(first, k), axis.step, count, width));
        return result;
    }
};

}  // namespace tern::depthwise_conv2d_passes
