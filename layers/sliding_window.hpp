// The window of a convolution or pool whose padding may follow the size of the image.
#pragma once

#include "tern/core/error.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern {

/// A Window2d with its own padding, or with TensorFlow's "same" padding for whatever image comes.
struct SlidingWindow {
    Window2d window;
    bool is_same = false;

    SlidingWindow(const Window2d& with_padding)
        : window(with_padding) {}  // NOLINT(google-explicit-constructor)
    static SlidingWindow same(std::int64_t kernel, std::int64_t stride = 1, std::int64_t dilation = 1) {
        SlidingWindow result(Window2d::square(kernel, stride, 0, dilation));
        result.is_same = true;
        return result;
    }

    /// The window with the padding for an image (N, H, W, C).
    Window2d at(const Shape& image) const {
        if (!is_same) return window;
        TERN_CHECK(image.rank() == 4, "same padding", "the input must be (N, H, W, C), got ", image);
        return window.same(image[1], image[2]);
    }
};

}  // namespace tern
