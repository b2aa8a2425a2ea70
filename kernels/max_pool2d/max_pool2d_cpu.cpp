// Images are split over threads.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tern/kernels/max_pool2d/max_pool2d_cpu.cpp"
#include <algorithm>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_loops_cpu.hpp"
#include "tern/kernels/max_pool2d/max_pool2d_passes.hpp"

HWY_BEFORE_NAMESPACE();
namespace tern::max_pool2d_passes::HWY_NAMESPACE {

void forward_image(const Geometry& g, const float* x, float* y) { forward_windows(g, x, y); }

void backward_image(const Geometry& g, const float* dy, const float* x, float* dx) {
    std::fill_n(dx, g.image_size(), 0.0f);
    backward_windows(g, dy, x, dx);
}

}  // namespace tern::max_pool2d_passes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tern::max_pool2d_passes {
namespace {

HWY_EXPORT(forward_image);
HWY_EXPORT(backward_image);

}  // namespace

void run(Cpu, const Forward& pass, const Stream&) {
    const Tensor &x = pass.x, &y = pass.y;
    const Geometry g(x.shape(), y.shape(), pass.params.window);
    parallel_for(x.dim(0), 1, [&](std::int64_t n, std::int64_t) {
        HWY_DYNAMIC_DISPATCH(forward_image)
        (g, x.data<float>() + n * g.image_size(), y.data<float>() + n * g.windows_size());
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
