// A convolution as its loops see it: a grid of outputs sweeps over a source image, each reading the same
// pattern of source pixels around its place.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "tern/kernels/shared/window.hpp"

namespace tern::conv2d_passes {

/// Along one dimension, output q reads the source pixels q * step + offset, one per tap.
struct Axis {
    std::int64_t outputs = 0, step = 1;
    std::vector<std::int64_t> offsets;  // ascending
    std::vector<std::int64_t> taps;     // the index in the kernel of each

    /// Of the forward pass: x pixel = output * stride + tap * dilation - pad.
    static Axis forward(std::int64_t outputs, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                        std::int64_t pad) {
        Axis axis{outputs, stride, {}, {}};
        for (std::int64_t tap = 0; tap < kernel; ++tap) {
            axis.offsets.push_back(tap * dilation - pad);
            axis.taps.push_back(tap);
        }
        return axis;
    }

    /// Of the gradient of x, for the pixels phase, phase + stride, ...: the taps that reach them, and the
    /// pixel of dy each came from.
    static Axis backward(std::int64_t size, std::int64_t phase, std::int64_t kernel, std::int64_t stride,
                         std::int64_t dilation, std::int64_t pad) {
        Axis axis{(size - phase + stride - 1) / stride, 1, {}, {}};
        for (std::int64_t tap = kernel - 1; tap >= 0; --tap) {
            const std::int64_t distance = phase + pad - tap * dilation;
            if (distance % stride != 0) continue;
            axis.offsets.push_back(distance / stride);
            axis.taps.push_back(tap);
        }
        return axis;
    }

    std::int64_t count() const { return static_cast<std::int64_t>(taps.size()); }
    bool adjacent() const { return count() == 0 || offsets.back() - offsets.front() == count() - 1; }
    /// The first pixel that outputs from `begin` on read, and how many pixels [begin, end) span.
    std::int64_t first(std::int64_t begin) const { return begin * step + offsets.front(); }
    std::int64_t span(std::int64_t count_of_outputs) const {
        return (count_of_outputs - 1) * step + offsets.back() - offsets.front() + 1;
    }
};

struct Sweep {
    Axis rows, columns;
    std::int64_t channels, groups;  // of the source

    std::int64_t taps() const { return rows.count() * columns.count(); }
    std::int64_t group_channels() const { return channels / groups; }
    /// Neighbouring taps of a row read neighbouring memory: one run. Else every tap is a run.
    bool long_runs() const { return groups == 1 && columns.adjacent(); }
    std::int64_t run() const { return group_channels() * (long_runs() ? columns.count() : 1); }
    /// Elements of the pixels that `outputs` rows of outputs read.
    std::int64_t patch_size(std::int64_t outputs) const {
        return taps() == 0 ? 0 : rows.span(outputs) * columns.span(columns.outputs) * channels;
    }
    /// Rows of outputs per task: what they read is at most 320 KB; the weights need L2, too.
    std::int64_t band(std::int64_t bytes = kBandBytes) const {
        std::int64_t outputs = std::max<std::int64_t>(rows.outputs, 1);
        while (outputs > 1 && patch_size(outputs) * 4 > bytes) outputs = (outputs + 1) / 2;
        return outputs;
    }
    static constexpr std::int64_t kBandBytes = 320 * 1024;
};

/// The source pixels that a band of outputs reads, with zeros for those outside the image.
struct Patch {
    const float* data = nullptr;
    std::int64_t pitch = 0;  // elements from row to row
};

/// Rows [begin, end) of outputs. The patch is in the image itself if it lies inside, else in `buffer`.
inline Patch patch_of(const Sweep& sweep, const float* image, std::int64_t height, std::int64_t width,
                      std::int64_t begin, std::int64_t end, float* buffer) {
    if (sweep.taps() == 0) return {};
    const std::int64_t top = sweep.rows.first(begin), left = sweep.columns.first(0),
                       channels = sweep.channels;
    const std::int64_t rows = sweep.rows.span(end - begin),
                       columns = sweep.columns.span(sweep.columns.outputs);
    const std::int64_t pitch = columns * channels;
    if (top >= 0 && left >= 0 && top + rows <= height && left + columns <= width)
        return {image + (top * width + left) * channels, width * channels};
    const std::int64_t inside_begin = std::clamp<std::int64_t>(left, 0, width);
    const std::int64_t inside_end = std::clamp<std::int64_t>(left + columns, inside_begin, width);
    for (std::int64_t r = 0; r < rows; ++r) {
        float* const to = buffer + r * pitch;
        if (top + r < 0 || top + r >= height || inside_begin == inside_end) {
            std::fill_n(to, pitch, 0.0f);
            continue;
        }
        const float* const from = image + (top + r) * width * channels;
        std::fill(to, to + (inside_begin - left) * channels, 0.0f);
        std::copy(from + inside_begin * channels, from + inside_end * channels,
                  to + (inside_begin - left) * channels);
        std::fill(to + (inside_end - left) * channels, to + pitch, 0.0f);
    }
    return {buffer, pitch};
}

/// Where each run starts in a patch, in the order of the taps.
inline std::vector<std::int64_t> runs_of(const Sweep& sweep, std::int64_t pitch) {
    std::vector<std::int64_t> runs;
    const std::int64_t columns =
        sweep.long_runs() ? std::min<std::int64_t>(sweep.columns.count(), 1) : sweep.columns.count();
    for (const std::int64_t row : sweep.rows.offsets)
        for (std::int64_t c = 0; c < columns; ++c)
            runs.push_back((row - sweep.rows.offsets.front()) * pitch +
                           (sweep.columns.offsets[c] - sweep.columns.offsets.front()) * sweep.channels);
    return runs;
}

}  // namespace tern::conv2d_passes
