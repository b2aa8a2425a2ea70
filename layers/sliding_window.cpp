#include "tern/layers/sliding_window.hpp"

#include "tern/core/error.hpp"

namespace tern {

SlidingWindow::SlidingWindow(const char* layer, const Size2d& kernel, const Size2d& stride,
                             const Padding2d& padding, const Size2d& dilation)
    : window{.kernel_h = kernel.height,
             .kernel_w = kernel.width,
             .stride_h = stride.height,
             .stride_w = stride.width,
             .dilation_h = dilation.height,
             .dilation_w = dilation.width,
             .pad_top = padding.rows.before,
             .pad_bottom = padding.rows.after,
             .pad_left = padding.columns.before,
             .pad_right = padding.columns.after},
      is_same(padding.is_same) {
    check_window(layer, window);
}

Window2d SlidingWindow::at(const Shape& image) const {
    if (!is_same) return window;
    TERN_CHECK(image.rank() == 4, "same padding", "the input must be (N, H, W, C), got ", image);
    return window.same(image[1], image[2]);
}

}  // namespace tern
