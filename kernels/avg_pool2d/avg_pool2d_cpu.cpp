// Images, forward few of them in bands, are split over threads. The channels of a pixel lie together, so that the compiler makes vectors of
// the sums; backward each window adds its share to its pixels, in the order of the windows.
#include <algorithm>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/avg_pool2d/avg_pool2d_passes.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_geometry.hpp"
#include "tern/kernels/shared/bands.hpp"

namespace tern::avg_pool2d_passes {
namespace {

using max_pool2d_passes::Geometry;

// Calls visit(offset of the window's channels in y, those of its pixels in x, 1 / what a sum is divided by) for
// the windows of rows [begin, end) of an image.
template <class Visit>
void for_each_window(const Geometry& g, bool count_padding, std::int64_t begin, std::int64_t end,
                     Visit visit) {
    std::vector<std::int64_t> pixels;
    const auto all = static_cast<float>(g.window.kernel_h * g.window.kernel_w);
    for (std::int64_t oh = begin; oh < end; ++oh) {
        for (std::int64_t ow = 0; ow < g.out_width; ++ow) {
            max_pool2d_passes::find_pixels(g, oh, ow, pixels);
            const float count = count_padding || pixels.empty() ? all : static_cast<float>(pixels.size());
            visit((oh * g.out_width + ow) * g.channels, pixels, 1 / count);
        }
    }
}

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Geometry g(pass.x.shape(), pass.y.shape(), pass.params.window);
    for_each_band(
        pass.x.dim(0), g.out_height, g.out_height, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
            const float* const x = pass.x.data<float>() + n * g.image_size();
            float* const y = pass.y.data<float>() + n * g.windows_size();
            for_each_window(g, pass.params.count_padding, begin, end,
                            [&](std::int64_t to, const std::vector<std::int64_t>& pixels, float share) {
                                float* const sums = y + to;
                                std::fill_n(sums, g.channels, 0.0f);
                                for (const std::int64_t pixel : pixels)
                                    for (std::int64_t c = 0; c < g.channels; ++c) sums[c] += x[pixel + c];
                                for (std::int64_t c = 0; c < g.channels; ++c) sums[c] *= share;
                            });
        });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Geometry g(pass.dx.shape(), pass.dy.shape(), pass.params.window);
    parallel_for(pass.dx.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        const float* const dy = pass.dy.data<float>() + n * g.windows_size();
        float* const dx = pass.dx.data<float>() + n * g.image_size();
        std::fill_n(dx, g.image_size(), 0.0f);
        for_each_window(g, pass.params.count_padding, 0, g.out_height,
                        [&](std::int64_t from, const std::vector<std::int64_t>& pixels, float share) {
                            for (const std::int64_t pixel : pixels)
                                for (std::int64_t c = 0; c < g.channels; ++c)
                                    dx[pixel + c] += dy[from + c] * share;
                        });
    });
}

}  // namespace tern::avg_pool2d_passes
