// The window that convolutions and pools slide over an image.
#pragma once

#include <cstdint>
#include <ostream>

#include "tern/core/shape.hpp"

namespace tern {

/// Kernel extents, strides, dilations and the zero padding before and after, each for rows (h) and columns
/// (w).
struct Window2d {
    std::int64_t kernel_h = 1, kernel_w = 1;
    std::int64_t stride_h = 1, stride_w = 1;
    std::int64_t dilation_h = 1, dilation_w = 1;
    std::int64_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;

    static Window2d square(std::int64_t kernel, std::int64_t stride = 1, std::int64_t pad = 0,
                           std::int64_t dilation = 1);
    /// TensorFlow's "same" padding for an input of that size: output = ceil(input / stride), an odd total has
    /// the extra pixel after (https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2). Throws Error
    /// for a field out of range.
    Window2d same(std::int64_t height, std::int64_t width) const;

    /// Input pixels that one window spans: dilation * (kernel - 1) + 1.
    std::int64_t span_h() const { return dilation_h * (kernel_h - 1) + 1; }
    std::int64_t span_w() const { return dilation_w * (kernel_w - 1) + 1; }
    /// floor((input + padding - span) / stride) + 1
    std::int64_t output_h(std::int64_t height) const;
    std::int64_t output_w(std::int64_t width) const;

    friend bool operator==(const Window2d&, const Window2d&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Window2d& window);
};

/// Throws Error in the name of `where` unless kernel, stride and dilation are at least 1, padding is at least 0, and
/// all of them are at most 2^31 - 1.
void check_window(const char* where, const Window2d& window);

/// The output (N, OH, OW, `channels`) for an image (N, H, W, C). Throws Error in the name of `where` if the
/// image is not of rank 4, a field is out of range, or the padded image is smaller than the window.
Shape window_output_shape(const char* where, const Shape& image, const Window2d& window,
                          std::int64_t channels);

}  // namespace tern
