// Which pixel each window of a pool takes, as the references find it.
#pragma once

#include <cmath>

#include "tern/core/tensor.hpp"
#include "tern/kernels/shared/window.hpp"

namespace tern::max_pool2d_passes {

/// Calls visit(index in y, index in x of the first largest pixel, or -1) for every output.
template <class T, class Visit>
void for_each_largest(const T* x, const Shape& image, const Shape& windows, const Window2d& p, Visit visit) {
    const std::int64_t channels = image[3];
    std::int64_t output = 0;
    for (std::int64_t n = 0; n < windows[0]; ++n)
        for (std::int64_t oh = 0; oh < windows[1]; ++oh)
            for (std::int64_t ow = 0; ow < windows[2]; ++ow)
                for (std::int64_t c = 0; c < channels; ++c) {
                    std::int64_t largest = -1;
                    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh)
                        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
                            const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
                            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
                            if (h < 0 || h >= image[1] || w < 0 || w >= image[2]) continue;
                            const std::int64_t pixel = ((n * image[1] + h) * image[2] + w) * channels + c;
                            const auto value = static_cast<Compute<T>>(x[pixel]);
                            const auto best =
                                largest < 0 ? Compute<T>{} : static_cast<Compute<T>>(x[largest]);
                            if (largest < 0 || value > best || (std::isnan(value) && !std::isnan(best)))
                                largest = pixel;
                        }
                    visit(output++, largest);
                }
}

}  // namespace tern::max_pool2d_passes
