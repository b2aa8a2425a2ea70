// Images are split over threads. NHWC keeps channels contiguous, so a vector of them goes through the cells
// of a window at once; the gradient goes back by comparing the number of each cell with that of the largest,
// without a branch or a scatter.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/max_pool2d/max_pool2d_cpu.cpp"
#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include <limits>
#include <vector>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/parallel.hpp"
#include "tern/kernels/op.hpp"
#include "tern/kernels/simd_cpu.hpp"

#ifndef TERN_MAX_POOL2D_GEOMETRY
#define TERN_MAX_POOL2D_GEOMETRY
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

    std::int64_t image_size() const { return height * width * channels; }
    std::int64_t windows_size() const { return out_height * out_width * channels; }
};

/// Where the channels of the window's cells inside the image begin, row by row, written over `cells`.
inline void find_cells(const Geometry& g, std::int64_t oh, std::int64_t ow,
                       std::vector<std::int64_t>& cells) {
    const Window2d& p = g.window;
    cells.clear();
    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh) {
        const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
        if (h < 0 || h >= g.height) continue;
        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
            if (w >= 0 && w < g.width) cells.push_back((h * g.width + w) * g.channels);
        }
    }
}

}  // namespace tern::max_pool2d_passes
#endif

HWY_BEFORE_NAMESPACE();
namespace tern::max_pool2d_passes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using tern::HWY_NAMESPACE::for_each_vector;

// Whether `value` comes before `best`: it is larger, or the first NaN.
template <class V>
HWY_INLINE auto is_larger(V value, V best) {
    return hn::Or(hn::Gt(value, best), hn::AndNot(hn::IsNaN(best), hn::IsNaN(value)));
}

void forward_image(const Geometry& g, const float* x, float* y) {
    std::vector<std::int64_t> cells;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, y += g.channels) {
            find_cells(g, oh, ow, cells);
            for_each_vector(g.channels, [&](auto d, std::int64_t c) {
                auto best = hn::Set(d, -std::numeric_limits<float>::infinity());
                for (const std::int64_t cell : cells) {
                    const auto value = hn::LoadU(d, x + cell + c);
                    best = hn::IfThenElse(is_larger(value, best), value, best);
                }
                hn::StoreU(best, d, y + c);
            });
        }
}

void backward_image(const Geometry& g, const float* dy, const float* x, float* dx) {
    std::fill_n(dx, g.image_size(), 0.0f);
    std::vector<std::int64_t> cells;
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, dy += g.channels) {
            find_cells(g, oh, ow, cells);
            if (cells.empty()) continue;
            for_each_vector(g.channels, [&](auto d, std::int64_t c) {
                const hn::RebindToSigned<decltype(d)> integers;
                auto best = hn::LoadU(d, x + cells[0] + c);
                auto where = hn::Zero(integers);
                for (std::size_t i = 1; i < cells.size(); ++i) {
                    const auto value = hn::LoadU(d, x + cells[i] + c);
                    const auto take = is_larger(value, best);
                    best = hn::IfThenElse(take, value, best);
                    where = hn::IfThenElse(hn::RebindMask(integers, take),
                                           hn::Set(integers, static_cast<std::int32_t>(i)), where);
                }
                const auto grad = hn::LoadU(d, dy + c);
                for (std::size_t i = 0; i < cells.size(); ++i) {
                    float* const to = dx + cells[i] + c;
                    const auto here = hn::Eq(where, hn::Set(integers, static_cast<std::int32_t>(i)));
                    const auto sum =
                        hn::Add(hn::LoadU(d, to), hn::IfThenElseZero(hn::RebindMask(d, here), grad));
                    hn::StoreU(sum, d, to);
                }
            });
        }
}

}  // namespace tern::max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::max_pool2d_passes {
namespace {

HWY_EXPORT(forward_image);
HWY_EXPORT(backward_image);

}  // namespace

void forward_cpu(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const Geometry g(x.shape(), y.shape(), problem.params<MaxPool2dParams>().window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(forward_image)
        (g, x.data<float>() + n * g.image_size(), y.data<float>() + n * g.windows_size());
    });
}

void backward_cpu(const Problem& problem, const Stream&) {
    const Tensor &dy = problem.inputs[0], &x = problem.inputs[1], &dx = problem.outputs[0];
    const Geometry g(x.shape(), dy.shape(), problem.params<MaxPool2dParams>().window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(backward_image)
        (g, dy.data<float>() + n * g.windows_size(), x.data<float>() + n * g.image_size(),
         dx.data<float>() + n * g.image_size());
    });
}

}  // namespace tern::max_pool2d_passes
#endif
