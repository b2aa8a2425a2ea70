// Channels side by side: the compiler makes vectors of the innermost loop. Outside of the image there are zeros, the
// smallest bytes.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"

namespace tern::quantized_max_pool2d_passes {
namespace {

void raise(std::uint8_t* __restrict to, const std::uint8_t* __restrict from, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = std::max(to[i], from[i]);
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const Window2d& window = pass.params.window;
    const std::int64_t channels = y.dim(3), width = y.dim(2), height = y.dim(1);
    parallel_for(y.dim(0) * height, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t line = begin; line < end; ++line) {
            const std::int64_t n = line / height, oh = line % height;
            std::uint8_t* const to = y.data<std::uint8_t>() + line * width * channels;
            std::fill_n(to, width * channels, std::uint8_t{0});
            for (std::int64_t kh = 0; kh < window.kernel_h; ++kh) {
                const std::int64_t row = oh * window.stride_h + kh * window.dilation_h - window.pad_top;
                if (row < 0 || row >= x.dim(1)) continue;
                const std::uint8_t* const from =
                    x.data<std::uint8_t>() + (n * x.dim(1) + row) * x.dim(2) * channels;
                for (std::int64_t ow = 0; ow < width; ++ow)
                    for (std::int64_t kw = 0; kw < window.kernel_w; ++kw) {
                        const std::int64_t column =
                            ow * window.stride_w + kw * window.dilation_w - window.pad_left;
                        if (column >= 0 && column < x.dim(2))
                            raise(to + ow * channels, from + column * channels, channels);
                    }
            }
        }
    });
}

}  // namespace tern::quantized_max_pool2d_passes
