// Where the windows of a pool lie in an image, for the CPU's loops.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern::max_pool2d_passes {

struct Geometry {
    std::int64_t height, width, out_height, out_width, channels;
    Window2d window;

    Geometry(const Shape& image, const Shape& windows, const Window2d& w)
        : height(image[1]),
          width(image[2]),
          out_height(windows[1]),
          out_width(windows[2]),
          channels(image[3]),
          window(w) {}

    std::int64_t row_size() const { return width * channels; }
    std::int64_t image_size() const { return height * row_size(); }
    std::int64_t windows_size() const { return out_height * out_width * channels; }

    /// The rows that windows of row `oh` span inside the image: [first_row(oh), end_row(oh)).
    std::int64_t first_row(std::int64_t oh) const {
        return std::clamp<std::int64_t>(oh * window.stride_h - window.pad_top, 0, height);
    }
    std::int64_t end_row(std::int64_t oh) const {
        return std::clamp(oh * window.stride_h - window.pad_top + window.span_h(), first_row(oh), height);
    }
    /// The windows of rows [begin, end) alone, of which there are some, in an image of the rows that they span.
    Geometry rows_of_windows(std::int64_t begin, std::int64_t end) const {
        Geometry rows = *this;
        rows.height = end_row(end - 1) - first_row(begin);
        rows.out_height = end - begin;
        rows.window.pad_top = first_row(begin) - (begin * window.stride_h - window.pad_top);
        return rows;
    }
};

/// Where the channels of the window's pixels inside the image begin, row by row, written over `pixels`.
inline void find_pixels(const Geometry& g, std::int64_t oh, std::int64_t ow,
                        std::vector<std::int64_t>& pixels) {
    const Window2d& p = g.window;
    pixels.clear();
    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh) {
        const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
        if (h < 0 || h >= g.height) continue;
        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
            if (w >= 0 && w < g.width) pixels.push_back((h * g.width + w) * g.channels);
        }
    }
}

}  // namespace tern::max_pool2d_passes
