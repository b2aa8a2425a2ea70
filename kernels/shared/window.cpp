#include "tern/kernels/shared/window.hpp"

#include <algorithm>

#include "tern/core/error.hpp"

namespace tern {
namespace {

// Fields of a window up to 2^31 - 1 and images up to 2^62 keep every product and sum of them below 2^63.
constexpr std::int64_t kLargestField = INT32_MAX, kLargestImage = std::int64_t{1} << 62;

}  // namespace

void check_window(const char* where, const Window2d& w) {
    TERN_CHECK(std::min({w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w}) >= 1,
               where, "kernel, stride and dilation must be at least 1, got ", w);
    TERN_CHECK(std::min({w.pad_top, w.pad_bottom, w.pad_left, w.pad_right}) >= 0, where,
               "padding must not be negative, got ", w);
    TERN_CHECK(std::max({w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w,
                         w.pad_top, w.pad_bottom, w.pad_left, w.pad_right}) <= kLargestField,
               where, "kernel, stride, dilation and padding must be at most ", kLargestField, ", got ", w);
}

Window2d Window2d::square(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation) {
    return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad};
}

Window2d Window2d::same(std::int64_t height, std::int64_t width) const {
    const auto total = [](std::int64_t size, std::int64_t stride, std::int64_t span) {
        const std::int64_t output = (size + stride - 1) / stride;
        return std::max<std::int64_t>((output - 1) * stride + span - size, 0);
    };
    check_window("same padding", *this);
    TERN_CHECK(std::min(height, width) >= 0 && std::max(height, width) <= kLargestImage, "same padding",
               "no image has ", height, " x ", width, " pixels");
    Window2d result = *this;
    const std::int64_t rows = total(height, stride_h, span_h());
    const std::int64_t columns = total(width, stride_w, span_w());
    result.pad_top = rows / 2;
    result.pad_bottom = rows - rows / 2;
    result.pad_left = columns / 2;
    result.pad_right = columns - columns / 2;
    return result;
}

std::int64_t Window2d::output_h(std::int64_t height) const {
    return (height + pad_top + pad_bottom - span_h()) / stride_h + 1;
}

std::int64_t Window2d::output_w(std::int64_t width) const {
    return (width + pad_left + pad_right - span_w()) / stride_w + 1;
}

std::ostream& operator<<(std::ostream& out, const Window2d& w) {
    return out << "kernel " << w.kernel_h << 'x' << w.kernel_w << ", stride " << w.stride_h << 'x'
               << w.stride_w << ", dilation " << w.dilation_h << 'x' << w.dilation_w << ", padding "
               << w.pad_top << '+' << w.pad_bottom << ',' << w.pad_left << '+' << w.pad_right;
}

Shape window_output_shape(const char* where, const Shape& image, const Window2d& w, std::int64_t channels) {
    TERN_CHECK(image.rank() == 4, where, "the input must be (N, H, W, C), got ", image);
    TERN_CHECK(std::max(image[1], image[2]) <= kLargestImage, where,
               "an image has at most 2^62 pixels a side, got ", image);
    check_window(where, w);
    TERN_CHECK(image[1] + w.pad_top + w.pad_bottom >= w.span_h() &&
                   image[2] + w.pad_left + w.pad_right >= w.span_w(),
               where, "the padded input is smaller than the window (input ", image, ", ", w, ")");
    return {image[0], w.output_h(image[1]), w.output_w(image[2]), channels};
}

}  // namespace tern
