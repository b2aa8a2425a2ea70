// A depthwise convolution as the CPU's loops see it.
#pragma once

#include <cstdint>

namespace tern::depthwise_conv2d_passes {

/// The backward pass of stride 1 is a convolution as well, with paddings that may be negative.
struct Geometry {
    std::int64_t height, width, out_height, out_width, channels;
    std::int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;

    bool is_3x3_of_stride_1() const {
        return kernel_h == 3 && kernel_w == 3 && stride_h == 1 && stride_w == 1 && dilation_h == 1 &&
               dilation_w == 1;
    }
};

}  // namespace tern::depthwise_conv2d_passes
