// Channels side by side in vectors. Outside of the image there are zeros, the smallest bytes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_cpu.cpp"
#include <algorithm>
#include <cstdint>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/quantized_max_pool2d/quantized_max_pool2d_passes.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::quantized_max_pool2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Taps [begin, end) of a window that starts at `first` and lie in [0, size).
struct Taps {
    std::int64_t begin, end;
};
Taps inside(std::int64_t first, std::int64_t taps, std::int64_t dilation, std::int64_t size) {
    const std::int64_t before = first < 0 ? (-first + dilation - 1) / dilation : 0,
                       fit = first < size ? (size - first + dilation - 1) / dilation : 0;
    return {std::min(before, taps), std::min(fit, taps)};
}

// The largest bytes of one window, whose first tap would be at images[first].
template <class D>
HWY_INLINE void largest(D d, const std::uint8_t* images, std::int64_t first, Taps rows, std::int64_t row_step,
                        Taps columns, std::int64_t column_step, std::uint8_t* to) {
    auto most = hn::Zero(d);
    for (std::int64_t kh = rows.begin; kh < rows.end; ++kh)
        for (std::int64_t kw = columns.begin; kw < columns.end; ++kw)
            most = hn::Max(most, hn::LoadU(d, images + (first + kh * row_step + kw * column_step)));
    hn::StoreU(most, d, to);
}

void forward(const Forward& pass) {
    const hn::ScalableTag<std::uint8_t> d;
    const hn::CappedTag<std::uint8_t, 1> one;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const Window2d& window = pass.params.window;
    const Shape &x = pass.x.shape(), &y = pass.y.shape();
    const std::int64_t in_height = x[1], in_width = x[2], channels = x[3], height = y[1], width = y[2];
    const auto* const images = pass.x.data<std::uint8_t>();
    auto* const result = pass.y.data<std::uint8_t>();
    const std::int64_t row_step = window.dilation_h * in_width * channels,
                       column_step = window.dilation_w * channels;
    parallel_for(y[0] * height, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t line = begin; line < end; ++line) {
            const std::int64_t row = line % height * window.stride_h - window.pad_top;
            const Taps rows = inside(row, window.kernel_h, window.dilation_h, in_height);
            for (std::int64_t ow = 0; ow < width; ++ow) {
                const std::int64_t column = ow * window.stride_w - window.pad_left;
                const Taps columns = inside(column, window.kernel_w, window.dilation_w, in_width);
                const std::int64_t first = ((line / height * in_height + row) * in_width + column) * channels;
                std::uint8_t* const to = result + (line * width + ow) * channels;
                std::int64_t c = 0;
                for (; c + lanes <= channels; c += lanes)
                    largest(d, images, first + c, rows, row_step, columns, column_step, to + c);
                for (; c < channels; ++c)
                    largest(one, images, first + c, rows, row_step, columns, column_step, to + c);
            }
        }
    });
}

}  // namespace tern::quantized_max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::quantized_max_pool2d_passes {

HWY_EXPORT(forward);

void run(Cpu, const Forward& pass, const Stream&) { HWY_DYNAMIC_DISPATCH(forward)(pass); }

}  // namespace tern::quantized_max_pool2d_passes
#endif
