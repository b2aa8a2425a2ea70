// Images, and few of them in bands, are split over threads.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/max_pool2d/max_pool2d_cpu.cpp"
#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_loops_cpu.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"
#include "tern/kernels/shared/bands.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::max_pool2d_passes::HWY_NAMESPACE {

void forward_rows(const Geometry& g, const float* x, float* y) { forward_windows(g, x, y); }

void backward_image(const Geometry& g, const float* dy, const float* x, float* dx) {
    std::fill_n(dx, g.image_size(), 0.0f);
    backward_windows(g, dy, x, dx);
}

}  // namespace tern::max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::max_pool2d_passes {
namespace {

HWY_EXPORT(forward_rows);
HWY_EXPORT(backward_image);

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), y.shape(), pass.params.window);
    for_each_band(x.dim(0), g.out_height, g.out_height,
                  [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
                      HWY_DYNAMIC_DISPATCH(forward_rows)
                      (g.rows_of_windows(begin, end),
                       x.data<float>() + n * g.image_size() + g.first_row(begin) * g.row_size(),
                       y.data<float>() + (n * g.out_height + begin) * g.out_width * g.channels);
                  });
}

void run(Cpu, const Backward& pass, const Stream&) {
    const Tensor &dy = pass.dy, &x = pass.x, &dx = pass.dx;
    const Geometry g(x.shape(), dy.shape(), pass.params.window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(backward_image)
        (g, dy.data<float>() + n * g.windows_size(), x.data<float>() + n * g.image_size(),
         dx.data<float>() + n * g.image_size());
    });
}

}  // namespace tern::max_pool2d_passes
#endif
