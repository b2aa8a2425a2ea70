#include <algorithm>

#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"

namespace tern::quantized_max_pool2d_passes {

void run(Ref, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const Window2d& window = pass.params.window;
    for (std::int64_t at = 0; at < y.numel(); ++at) {
        const std::int64_t channels = y.dim(3), c = at % channels, ow = at / channels % y.dim(2),
                           oh = at / channels / y.dim(2) % y.dim(1), n = at / channels / y.dim(2) / y.dim(1);
        std::uint8_t largest = 0;
        for (std::int64_t kh = 0; kh < window.kernel_h; ++kh)
            for (std::int64_t kw = 0; kw < window.kernel_w; ++kw) {
                const std::int64_t row = oh * window.stride_h + kh * window.dilation_h - window.pad_top;
                const std::int64_t column = ow * window.stride_w + kw * window.dilation_w - window.pad_left;
                if (row < 0 || row >= x.dim(1) || column < 0 || column >= x.dim(2)) continue;
                largest = std::max(
                    largest,
                    x.data<std::uint8_t>()[((n * x.dim(1) + row) * x.dim(2) + column) * channels + c]);
            }
        y.data<std::uint8_t>()[at] = largest;
    }
}

}  // namespace tern::quantized_max_pool2d_passes
