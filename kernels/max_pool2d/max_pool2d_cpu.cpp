// Images are split over threads; loops run over channels, which are contiguous, so the compiler's vectors
// suffice for what memory bounds anyway.
#include "tern/kernels/max_pool2d/max_pool2d.hpp"

#include <cmath>
#include <limits>

#include "tern/core/parallel.hpp"
#include "tern/kernels/op.hpp"

namespace tern::max_pool2d_passes {
namespace {

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

// Calls visit(offset of the cell's channels) for the cells of a window inside the image, row by row.
template <class Visit>
void for_each_cell(const Geometry& g, std::int64_t oh, std::int64_t ow, Visit visit) {
    const Window2d& p = g.window;
    for (std::int64_t kh = 0; kh < p.kernel_h; ++kh) {
        const std::int64_t h = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
        if (h < 0 || h >= g.height) continue;
        for (std::int64_t kw = 0; kw < p.kernel_w; ++kw) {
            const std::int64_t w = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
            if (w >= 0 && w < g.width) visit((h * g.width + w) * g.channels);
        }
    }
}

bool larger(float value, float best) { return value > best || (std::isnan(value) && !std::isnan(best)); }

void forward_image(const Geometry& g, const float* x, float* y) {
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, y += g.channels) {
            std::fill_n(y, g.channels, -std::numeric_limits<float>::infinity());
            for_each_cell(g, oh, ow, [&](std::int64_t cell) {
                for (std::int64_t c = 0; c < g.channels; ++c)
                    y[c] = larger(x[cell + c], y[c]) ? x[cell + c] : y[c];
            });
        }
}

// best, where: scratch of `channels` elements.
void backward_image(const Geometry& g, const float* dy, const float* x, float* dx, float* best,
                    std::int64_t* where) {
    std::fill_n(dx, g.image_size(), 0.0f);
    for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow, dy += g.channels) {
            std::fill_n(where, g.channels, -1);
            for_each_cell(g, oh, ow, [&](std::int64_t cell) {
                for (std::int64_t c = 0; c < g.channels; ++c) {
                    const bool take = where[c] < 0 || larger(x[cell + c], best[c]);
                    best[c] = take ? x[cell + c] : best[c];
                    where[c] = take ? cell + c : where[c];
                }
            });
            for (std::int64_t c = 0; c < g.channels; ++c)
                if (where[c] >= 0) dx[where[c]] += dy[c];
        }
}

}  // namespace

void forward_cpu(const Problem& problem, const Stream&) {
    const Tensor &x = problem.inputs[0], &y = problem.outputs[0];
    const Geometry g(x.shape(), y.shape(), problem.params<MaxPool2dParams>().window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        forward_image(g, x.data<float>() + n * g.image_size(), y.data<float>() + n * g.windows_size());
    });
}

void backward_cpu(const Problem& problem, const Stream&) {
    const Tensor &dy = problem.inputs[0], &x = problem.inputs[1], &dx = problem.outputs[0];
    const Geometry g(x.shape(), dy.shape(), problem.params<MaxPool2dParams>().window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        std::vector<float> best(static_cast<std::size_t>(g.channels));
        std::vector<std::int64_t> where(best.size());
        backward_image(g, dy.data<float>() + n * g.windows_size(), x.data<float>() + n * g.image_size(),
                       dx.data<float>() + n * g.image_size(), best.data(), where.data());
    });
}

}  // namespace tern::max_pool2d_passes
